with

visits as (select * from {{ ref('int_identity__visit_owners') }}),

visit_events as (select * from {{ ref('int_identity__visit_events') }}),

events as (

    select
        event_id,
        coalesce(traffic_source, case when gclid is not null then 'google' end) as traffic_source,
        coalesce(traffic_medium, case when gclid is not null then 'cpc' end) as traffic_medium,
        traffic_campaign
    from {{ ref('stg_digital__events') }}
    where coalesce(traffic_source, traffic_medium, traffic_campaign, gclid) is not null

),

-- The first event that says anything of it tells where a visit came from, in one piece: a later campaign isn't its own.
origins as (

    select
        visit_events.visit_part_id,
        min_by(
            struct_pack(
                source_name := events.traffic_source, medium := events.traffic_medium,
                campaign := events.traffic_campaign
            ),
            (visit_events.occurred_at, events.event_id)
        ) as traffic
    from visit_events
    inner join events on visit_events.event_id = events.event_id
    group by visit_events.visit_part_id

),

final as (

    select
        visits.visit_part_id,
        coalesce(visits.person_id, visits.visitor_id) as owner_id,
        visits.valid_from as started_at,
        origins.traffic['source_name'] as traffic_source,
        origins.traffic['medium'] as traffic_medium,
        origins.traffic['campaign'] as traffic_campaign
    from visits
    left join origins on visits.visit_part_id = origins.visit_part_id

)

select * from final
