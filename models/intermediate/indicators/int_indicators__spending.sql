with

card_days as (

    select * from {{ ref('int_events__card_days') }}
    where currency_code = '{{ setting("currency") }}'

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where holder_type = 'card' and known_to_month_end_date = date '9999-12-31'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

cards as (

    select
        card_days.card_token,
        card_days.spending_category,
        sum(card_days.purchase_count) as purchase_count,
        sum(card_days.purchase_amount) as purchase_amount,
        sum(card_days.abroad_count) as abroad_count
    from card_days
    cross join as_of
    where
        card_days.purchase_date > cast(as_of.as_of_date - interval 12 month as date)
        and card_days.purchase_date <= as_of.as_of_date
    group by card_days.card_token, card_days.spending_category

),

final as (

    select
        holders.person_id,
        cards.spending_category,
        cast(sum(cards.purchase_count) as bigint) as purchase_count,
        cast(sum(cards.purchase_amount) as decimal(18, 2)) as purchase_amount,
        cast(sum(cards.abroad_count) as bigint) as abroad_count
    from cards
    inner join holders on cards.card_token = holders.holder_no
    group by holders.person_id, cards.spending_category

)

select * from final
