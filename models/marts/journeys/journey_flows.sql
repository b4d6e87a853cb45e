with

steps as (

    select
        channel,
        step_no,
        node,
        next_node,
        is_converted_visit,
        {{ hash64('traveller_id') }} as traveller_key,
        {{ hash64('traveller_then_id') }} as traveller_then_key
    from {{ ref('journey_steps') }}
    where step_no <= {{ var('journey_path_steps') }}

),

starts as (

    select
        channel,
        0 as source_step_no,
        '(start)' as source_node,
        node as target_node,
        traveller_key,
        traveller_then_key
    from steps
    where step_no = 1

),

moves as (

    select
        channel,
        step_no as source_step_no,
        node as source_node,
        case
            when next_node is null then case when is_converted_visit then '(converted)' else '(drop)' end
            when step_no = {{ var('journey_path_steps') }} then '(more)'
            else next_node
        end as target_node,
        traveller_key,
        traveller_then_key
    from steps

),

flows as (

    select * from starts
    union all
    select * from moves

),

-- Each distinct count keeps the key of its group with every traveller: one number is a third of four texts.
final as (

    select
        any_value(channel) as channel,
        any_value(source_step_no) as source_step_no,
        any_value(source_node) as source_node,
        any_value(target_node) as target_node,
        count(*) as visit_count,
        count(distinct traveller_key) as traveller_count,
        count(distinct traveller_then_key) as traveller_then_count
    from flows
    group by {{ hash64('channel, source_step_no, source_node, target_node') }}

)

select * from final
