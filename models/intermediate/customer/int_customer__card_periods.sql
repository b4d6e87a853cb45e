with

cards as (

    select card_token, cif_no, _ingested_at, _superseded_at from {{ ref('stg_cards__credit_cards') }}
    union all
    select card_token, cif_no, _ingested_at, _superseded_at from {{ ref('int_superseded__credit_cards') }}

),

periods as (

    select * from {{ ref('int_customer__customer_number_periods') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'cards' and table_name = 'credit_cards'

),

-- A card changes often, its holder hardly ever.
held as (

    select
        cards.card_token,
        cards.cif_no,
        min(case
            when cast(cards._ingested_at as date) > first_delivery.first_delivery_date then cards._ingested_at
            else timestamp '1900-01-01'
        end) as known_from_at,
        case when count(*) = count(cards._superseded_at) then max(cards._superseded_at) end as known_until_at
    from cards
    cross join first_delivery
    group by cards.card_token, cards.cif_no

),

-- A card is a person's while both it and whose the customer number is are known. least() passes over nulls.
final as (

    select
        held.card_token,
        periods.person_id,
        greatest(held.known_from_at, periods.known_from_at) as known_from_at,
        least(held.known_until_at, periods.known_until_at) as known_until_at
    from held
    inner join periods on held.cif_no = periods.cif_no
    where coalesce(
        greatest(held.known_from_at, periods.known_from_at) < least(held.known_until_at, periods.known_until_at), true
    )

)

select * from final
