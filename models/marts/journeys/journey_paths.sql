with

steps as (

    select * from {{ ref('journey_steps') }}

),

visits as (

    select
        any_value(channel) as channel,
        {{ hash64('max_by(traveller_id, step_no)') }} as traveller_key,
        {{ hash64('max_by(traveller_then_id, step_no)') }} as traveller_then_key,
        any_value(is_converted_visit) as is_converted,
        any_value(visit_step_count) as step_count,
        any_value(visit_seconds) as visit_seconds,
        -- A column a step costs a third of putting them in order.
        concat_ws(
            ' > ',
            '(start)',
            {%- for number in range(1, var('journey_path_steps') + 1) %}
            any_value(node) filter (where step_no = {{ number }}),
            {%- endfor %}
            case
                when any_value(visit_step_count) > {{ var('journey_path_steps') }} then '(more)'
                when any_value(is_converted_visit) then '(converted)'
                else '(drop)'
            end
        ) as path
    from steps
    group by {{ hash64('visit_id') }}

),

paths as (

    select
        any_value(channel) as channel,
        any_value(path) as path,
        count(*) as visit_count,
        count(*) filter (where is_converted) as converted_visit_count,
        count(distinct traveller_key) as traveller_count,
        count(distinct traveller_then_key) as traveller_then_count,
        avg(step_count) as mean_steps,
        median(visit_seconds) as median_seconds
    from visits
    group by {{ hash64('channel, path') }}

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
