with

events as (

    select * from {{ ref('int_identity__visit_events') }}

),

owners as (

    select * from {{ ref('visit_owners') }}

),

final as (

    select
        events.event_id,
        events.occurred_at,
        events.visit_part_id,
        owners.person_id,
        owners.visitor_id,
        owners.confidence
    from events
    inner join owners on events.visit_part_id = owners.visit_part_id

)

select * from final
