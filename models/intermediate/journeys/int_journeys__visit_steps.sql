with

visit_events as (

    select * from {{ ref('int_identity__visit_events') }}

),

events as (

    select * from {{ ref('int_events__digital_events') }}
    where event_kind != 'session_start'

),

-- Numbers in an address are somebody's account or order, and no page of their own.
named as (

    select
        visit_events.visit_id,
        visit_events.visit_part_id,
        events.record_id,
        events.occurred_at,
        events.channel,
        events.event_kind,
        case
            when events.event_kind != 'page_view' then events.event_kind
            when events.page is not null
                then {{ regexp_replace_all(
                    regexp_replace_all('events.page', '^[a-zA-Z][a-zA-Z0-9+.-]*://[^/]*/?', '/'), '[0-9]{4,}', '*'
                ) }}
            else 'screen ' || coalesce(events.content_group, 'unnamed')
        end as own_node
    from events
    inner join visit_events on events.record_id = visit_events.event_id

),

ranks as (

    select
        channel,
        own_node,
        row_number() over (partition by channel order by count(*) desc, own_node) as node_rank
    from named
    group by channel, own_node

),

ordered as (

    select
        named.* exclude (own_node),
        case when ranks.node_rank <= {{ var('journey_nodes') }} then named.own_node else '(other)' end as node
    from named
    inner join ranks on named.channel = ranks.channel and named.own_node = ranks.own_node

),

runs as (

    select
        *,
        (node is distinct from lag(node) over visit_nodes) as is_first_of_run
    from ordered
    window visit_nodes as (partition by visit_id order by occurred_at, record_id)

),

numbered as (

    select
        *,
        sum(cast(is_first_of_run as integer)) over (
            partition by visit_id order by occurred_at, record_id
            rows between unbounded preceding and current row
        ) as step_no
    from runs

),

steps as (

    select
        visit_id,
        cast(step_no as integer) as step_no,
        min_by(visit_part_id, (occurred_at, record_id)) as visit_part_id,
        any_value(node) as node,
        min_by(channel, (occurred_at, record_id)) as channel,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        bool_or(event_kind in ('application_submit', 'lead_form', 'sign_up', 'online_purchase')) as is_conversion
    from numbered
    group by visit_id, step_no

),

final as (

    select
        *,
        lag(node) over visit_steps as previous_node,
        lead(node) over visit_steps as next_node,
        lead(node, 2) over visit_steps as second_next_node,
        lead(started_at) over visit_steps as next_started_at
    from steps
    window visit_steps as (partition by visit_id order by step_no)

)

select * from final
