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

final as (

    select
        steps.visit_id,
        steps.step_no,
        owners.person_id,
        coalesce(owners.person_id, owners.visitor_id) as traveller_id,
        {{ traveller_then('owners.person_id', 'owners.visitor_id', 'steps.visit_part_id', 'parts.signer') }}
            as traveller_then_id,
        min(steps.channel) over (partition by steps.visit_id) as channel,
        steps.node,
        steps.previous_node,
        steps.next_node,
        steps.second_next_node,
        steps.started_at,
        {{ local_date('min(steps.started_at) over (partition by steps.visit_id)') }} as visit_date,
        steps.event_count,
        bool_or(steps.is_conversion) over (partition by steps.visit_id) as is_converted_visit,
        count(*) over (partition by steps.visit_id) as visit_step_count,
        date_diff('second', steps.started_at, steps.next_started_at) as seconds_to_next,
        date_diff(
            'second',
            min(steps.started_at) over (partition by steps.visit_id),
            max(steps.ended_at) over (partition by steps.visit_id)
        ) as visit_seconds
    from steps
    inner join owners on steps.visit_part_id = owners.visit_part_id
    inner join parts on steps.visit_part_id = parts.visit_part_id

)

select * from final
