with

-- Life events tell of age and family. They stay away from the list that decides on credit, where what moves up moves
-- credit down.
offers as (

    select * from {{ ref('customer_next_best_offers') }}
    where product_family not in ('credit_card', 'loan')

),

suiting as (select * from {{ ref('life_event_offers') }}),

kinds as (select * from {{ ref('life_event_kinds') }}),

life_events as (

    select * from {{ ref('customer_life_events') }}
    where is_likely

),

-- The likeliest event that suits the family and isn't long ago.
occasions as (

    select
        life_events.person_id,
        suiting.product_family,
        life_events.event_kind,
        life_events.event_date,
        life_events.probability,
        kinds.meaning
    from life_events
    inner join suiting on life_events.event_kind = suiting.event_kind
    inner join kinds on life_events.event_kind = kinds.event_kind
    where life_events.event_date >= life_events.as_of_date - suiting.within_days
    qualify row_number() over (
        partition by life_events.person_id, suiting.product_family
        order by life_events.probability desc, life_events.event_date desc, life_events.event_kind asc
    ) = 1

),

final as (

    select
        offers.person_id,
        offers.product_family,
        cast(row_number() over (
            partition by offers.person_id
            order by occasions.person_id is null, offers.expected_margin_amount desc, offers.product_family asc
        ) as integer) as place,
        occasions.event_kind,
        occasions.event_date,
        cast(occasions.probability as double) as event_probability,
        occasions.meaning || ' (' || cast(occasions.event_date as varchar) || ', probability '
        || cast(cast(occasions.probability as decimal(3, 2)) as varchar) || ')' as event_reason,
        offers.as_of_date,
        offers.model_version,
        offers.probability,
        offers.expected_margin_amount,
        offers.reason_1,
        offers.currency_code
    from offers
    left join occasions
        on offers.person_id = occasions.person_id and offers.product_family = occasions.product_family

)

select * from final
