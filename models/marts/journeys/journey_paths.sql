with

steps as (

    select * from {{ ref('journey_steps') }}

),

visits as (

    select
        visit_id,
        any_value(channel) as channel,
        max_by(traveller_id, step_no) as traveller_id,
        max_by(traveller_then_id, step_no) as traveller_then_id,
        any_value(is_converted_visit) as is_converted,
        any_value(visit_step_count) as step_count,
        any_value(visit_seconds) as visit_seconds,
        '(start) > '
        || string_agg(node, ' > ' order by step_no) filter (where step_no <= {{ var('journey_path_steps') }})
        || case
            when any_value(visit_step_count) > {{ var('journey_path_steps') }} then ' > (more)'
            when any_value(is_converted_visit) then ' > (converted)'
            else ' > (drop)'
        end as path
    from steps
    group by visit_id

),

paths as (

    select
        channel,
        path,
        count(*) as visit_count,
        count(*) filter (where is_converted) as converted_visit_count,
        count(distinct traveller_id) as traveller_count,
        count(distinct traveller_then_id) as traveller_then_count,
        avg(step_count) as mean_steps,
        median(visit_seconds) as median_seconds
    from visits
    group by channel, path

),

ranked as (

    select
        *,
        row_number() over (partition by channel order by visit_count desc, path asc) as path_rank,
        visit_count / sum(visit_count) over (partition by channel) as visit_rate
    from paths

),

final as (

    select
        channel,
        cast(path_rank as integer) as path_rank,
        path,
        visit_count,
        visit_rate,
        converted_visit_count,
        converted_visit_count / visit_count as conversion_rate,
        traveller_count,
        traveller_then_count,
        mean_steps,
        median_seconds
    from ranked
    where path_rank <= {{ var('journey_paths') }}

)

select * from final
