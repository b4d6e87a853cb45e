with

steps as (

    select * from {{ ref('journey_steps') }}
    where step_no <= {{ var('journey_path_steps') }}

),

starts as (

    select
        channel,
        0 as source_step_no,
        '(start)' as source_node,
        node as target_node,
        traveller_id,
        traveller_then_id
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
        traveller_id,
        traveller_then_id
    from steps

),

flows as (

    select * from starts
    union all
    select * from moves

),

final as (

    select
        channel,
        source_step_no,
        source_node,
        target_node,
        count(*) as visit_count,
        count(distinct traveller_id) as traveller_count,
        count(distinct traveller_then_id) as traveller_then_count
    from flows
    group by channel, source_step_no, source_node, target_node

)

select * from final
