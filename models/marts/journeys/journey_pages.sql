with

steps as (

    select * from {{ ref('journey_steps') }}

),

-- A loop goes on to something else and comes straight back.
marked as (

    select
        channel,
        node,
        event_count,
        is_converted_visit,
        seconds_to_next,
        {{ hash64('channel, node') }} as page_key,
        {{ hash64('visit_id') }} as visit_key,
        {{ hash64('traveller_id') }} as traveller_key,
        {{ hash64('traveller_then_id') }} as traveller_then_key,
        step_no = 1 as is_entry,
        next_node is null as is_exit,
        coalesce(second_next_node = node, false) as is_loop
    from steps

),

-- A return is any later time in the same visit.
counted as (

    select
        any_value(channel) as channel,
        any_value(node) as node,
        sum(event_count) as event_count,
        count(*) as step_count,
        count(distinct visit_key) as visit_count,
        count(distinct traveller_key) as traveller_count,
        count(distinct traveller_then_key) as traveller_then_count,
        count(*) filter (where is_entry) as entry_count,
        count(*) filter (where is_exit) as exit_count,
        count(*) filter (where is_exit and not is_converted_visit) as drop_count,
        count(*) filter (where is_entry and is_exit) as bounce_count,
        sum(event_count - 1) as repeat_count,
        count(*) filter (where is_loop) as loop_count,
        count(*) - count(distinct visit_key) as return_count,
        median(seconds_to_next) as median_seconds_to_next
    from marked
    group by page_key

),

final as (

    select
        channel,
        node,
        cast(event_count as bigint) as event_count,
        step_count,
        visit_count,
        traveller_count,
        traveller_then_count,
        entry_count,
        entry_count / sum(entry_count) over (partition by channel) as entry_rate,
        exit_count,
        exit_count / step_count as exit_rate,
        drop_count,
        bounce_count,
        bounce_count / nullif(entry_count, 0) as bounce_rate,
        cast(repeat_count as bigint) as repeat_count,
        loop_count,
        loop_count / step_count as loop_rate,
        return_count,
        median_seconds_to_next
    from counted

)

select * from final
