with

steps as (

    select * from {{ ref('int_journeys__visit_steps') }}

),

owners as (

    select * from {{ ref('visit_owners') }}

),

parts as (

    select * from {{ ref('int_identity__visit_parts') }}

),

visits as (

    select
        {{ hash64('visit_id') }} as visit_key,
        min(channel) as channel,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        bool_or(is_conversion) as is_converted,
        count(*) as step_count
    from steps
    group by {{ hash64('visit_id') }}

),

final as (

    select
        steps.visit_id,
        steps.step_no,
        owners.person_id,
        coalesce(owners.person_id, owners.visitor_id) as traveller_id,
        {{ traveller_then('owners.person_id', 'owners.visitor_id', 'steps.visit_part_id', 'parts.signer') }}
            as traveller_then_id,
        visits.channel,
        steps.node,
        steps.previous_node,
        steps.next_node,
        steps.second_next_node,
        steps.started_at,
        {{ local_date('visits.started_at') }} as visit_date,
        steps.event_count,
        visits.is_converted as is_converted_visit,
        visits.step_count as visit_step_count,
        date_diff('second', steps.started_at, steps.next_started_at) as seconds_to_next,
        date_diff('second', visits.started_at, visits.ended_at) as visit_seconds
    from steps
    inner join owners on {{ hash64('steps.visit_part_id') }} = {{ hash64('owners.visit_part_id') }}
    inner join parts on {{ hash64('steps.visit_part_id') }} = {{ hash64('parts.visit_part_id') }}
    inner join visits on {{ hash64('steps.visit_id') }} = visits.visit_key

)

select * from final
