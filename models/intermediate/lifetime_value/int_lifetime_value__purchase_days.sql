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

-- Purchases of a day, on whichever cards, are one occasion.
days as (

    select
        holders.person_id,
        card_days.purchase_date,
        sum(card_days.purchase_amount) as day_amount
    from card_days
    cross join as_of
    inner join holders on card_days.card_token = holders.holder_no
    where card_days.purchase_date <= as_of.as_of_date
    group by holders.person_id, card_days.purchase_date

),

firsts as (

    select
        person_id,
        min(purchase_date) as first_date
    from days
    group by person_id

),

final as (

    select
        days.person_id,
        count(*) - 1 as frequency,
        date_diff('day', firsts.first_date, max(days.purchase_date)) / 7 as recency_weeks,
        date_diff('day', firsts.first_date, as_of.as_of_date) / 7 as age_weeks,
        -- The first day tells nothing about coming again, nor about what is spent then.
        avg(days.day_amount) filter (where days.purchase_date > firsts.first_date) as mean_amount
    from days
    inner join firsts on days.person_id = firsts.person_id
    cross join as_of
    group by days.person_id, firsts.first_date, as_of.as_of_date

)

select * from final
