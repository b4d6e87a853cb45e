with

visit_events as (select * from {{ ref('int_identity__visit_events') }}),

-- Not held: it is read twice, each time the columns that are needed. A look is what tells one node from another.
events as not materialized (

    select
        *,
        {{ hash64('channel, event_kind, page, content_group') }} as look_hash
    from {{ ref('int_events__digital_events') }}
    where event_kind != 'session_start'

),

-- Numbers in an address are somebody's account or order, and no page of their own.
named as (

    select
        look_hash,
        channel,
        event_kind,
        count(*) as event_count,
        case
            when event_kind != 'page_view' then event_kind
            when page is not null
                then {{ regexp_replace_all(
                    regexp_replace_all('page', '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*/?', '/'), '[0-9]{4,}', '*'
                ) }}
            else 'screen ' || coalesce(content_group, 'unnamed')
        end as own_node
    from events
    group by look_hash, channel, event_kind, page, content_group

),

counts as (

    select
        *,
        sum(event_count) over (partition by channel, own_node) as node_event_count
    from named

),

nodes as (

    select
        look_hash,
        case
            when dense_rank() over (partition by channel order by node_event_count desc, own_node asc)
                <= {{ var('journey_nodes') }} then own_node
            else '(other)'
        end as node,
        cast(event_kind in ('application_submit', 'lead_form', 'sign_up', 'online_purchase') as integer) as conversion
    from counts

),

ordered as (

    select
        visits.visit_id,
        visits.visit_part_id,
        {{ hash64('visits.visit_id') }} as visit_hash,
        events.record_id,
        events.occurred_at,
        events.channel,
        nodes.* exclude (look_hash)
    from events
    inner join visit_events as visits on {{ hash64('events.record_id') }} = {{ hash64('visits.event_id') }}
    inner join nodes on events.look_hash = nodes.look_hash

),

-- What is counted up to where a step begins and up to where the next one does, or the visit ends, tells what is in it.
counted as (

    select
        *,
        (node is distinct from lag(node) over visit) as is_first_of_run,
        row_number() over visit as event_no,
        lag(occurred_at) over visit as previous_at,
        sum(conversion) over (visit rows between unbounded preceding and current row) - conversion as converted,
        count(*) over (visit rows between unbounded preceding and unbounded following) as visit_events,
        sum(conversion) over (visit rows between unbounded preceding and unbounded following) as visit_converted,
        last_value(occurred_at) over (visit rows between unbounded preceding and unbounded following) as visit_ended_at
    from ordered
    window visit as (partition by visit_hash order by occurred_at, record_id)

),

final as (

    select
        visit_id,
        cast(row_number() over visit_steps as integer) as step_no,
        visit_part_id,
        node,
        channel,
        occurred_at as started_at,
        coalesce(lead(previous_at) over visit_steps, visit_ended_at) as ended_at,
        coalesce(lead(event_no) over visit_steps, visit_events + 1) - event_no as event_count,
        coalesce(lead(converted) over visit_steps, visit_converted) > converted as is_conversion,
        lag(node) over visit_steps as previous_node,
        lead(node) over visit_steps as next_node,
        lead(node, 2) over visit_steps as second_next_node,
        lead(occurred_at) over visit_steps as next_started_at
    from counted
    where is_first_of_run
    window visit_steps as (partition by visit_hash order by event_no)

)

select * from final
