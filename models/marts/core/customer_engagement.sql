{%- set counts = {
    'visit': "event_id = 'digital.events:' || visit_part_id", 'login': "event_kind = 'login'",
    'search': "event_kind = 'search'", 'promotion_view': "event_kind = 'promotion_view'",
    'promotion_click': "event_kind = 'promotion_click'",
} -%}
with

cases as (select * from {{ ref('int_customer__service_cases') }}),

messages as (select * from {{ ref('int_customer__message_engagement') }}),

-- The days that count, as moments at which they begin: comparing moments is cheaper than making days of them.
as_of as (

    select
        as_of_date,
        {{ local_midnight('as_of_date + interval 1 day') }} as ended_at,
        {{ local_midnight('as_of_date - interval 29 day') }} as since_30d_at,
        {{ local_midnight('as_of_date - interval 89 day') }} as since_90d_at,
        {{ local_midnight('as_of_date - interval 12 month + interval 1 day') }} as since_12m_at
    from {{ ref('int_customer__as_of') }}

),

-- What people did themselves; not what was sent to them or booked by a machine.
actions as not materialized (

    select
        timeline.*,
        as_of.* exclude (as_of_date),
        {{ local_date('timeline.occurred_at') }} as activity_date
    from {{ ref('customer_timeline') }} as timeline
    inner join as_of on timeline.occurred_at < as_of.ended_at
    where
        timeline.person_id is not null
        and timeline.channel != 'system'
        and timeline.event_kind not in (
            'message_sent', 'message_delivered', 'message_deferred', 'message_bounced', 'message_failed', 'lead_step',
            'bank_charge'
        )

),

active as (

    select
        person_id,
        count(distinct activity_date) filter (where occurred_at >= since_30d_at) as day_30d_count,
        count(distinct activity_date) as day_90d_count
    from actions
    where table_name = 'events' and occurred_at >= since_90d_at
    group by person_id

),

totals as (

    select
        person_id,
        max(occurred_at) filter (where table_name = 'events') as last_seen_at,
        max(occurred_at) filter (where event_kind = 'login') as last_login_at,
        max(occurred_at) as last_contact_at,
        {%- for name, condition in counts.items() %}
        count(*) filter (where occurred_at >= since_90d_at and {{ condition }}) as {{ name }}_90d_count,
        {%- endfor %}
        count(*) filter (
            where occurred_at >= since_12m_at and event_kind = 'card_purchase' and channel = 'online'
        ) as online_purchase_count,
        count(*) filter (where occurred_at >= since_12m_at and event_kind = 'card_purchase') as card_purchase_count
    from actions
    group by person_id

),

last_contacts as (

    select
        actions.person_id,
        max(actions.channel) as last_contact_channel,
        max_by(actions.event_kind, (actions.channel, actions.event_id)) as last_contact_kind
    from actions
    inner join totals on actions.person_id = totals.person_id and actions.occurred_at = totals.last_contact_at
    group by actions.person_id

),

interests as (

    select
        person_id,
        max(content_group) filter (where place = 1) as top_content_interest,
        max(content_group) filter (where place = 2) as second_content_interest,
        sum(view_count) as content_view_12m_count
    from (
        select
            person_id, detail as content_group, count(*) as view_count,
            row_number() over (partition by person_id order by count(*) desc, detail asc) as place
        from actions
        where event_kind = 'content_view' and detail is not null and occurred_at >= since_12m_at
        group by person_id, detail
    ) as ranked
    group by person_id

),

final as (

    select
        coalesce(totals.person_id, messages.person_id, cases.person_id) as person_id,
        as_of.as_of_date, totals.last_seen_at, totals.last_login_at,
        cast(coalesce(active.day_30d_count, 0) as integer) as active_day_30d_count,
        cast(coalesce(active.day_90d_count, 0) as integer) as active_day_90d_count,
        {%- for name in counts %}
        cast(coalesce(totals.{{ name }}_90d_count, 0) as integer) as {{ name }}_90d_count,
        {%- endfor %}
        totals.last_contact_at, last_contacts.last_contact_channel, last_contacts.last_contact_kind,
        case
            when totals.last_seen_at is null then 'none'
            when active.day_90d_count is null then 'dormant'
            when active.day_30d_count >= 8 then 'heavy'
            when active.day_30d_count >= 2 then 'regular'
            else 'occasional'
        end as digital_engagement_band,
        interests.top_content_interest, interests.second_content_interest,
        cast(coalesce(interests.content_view_12m_count, 0) as integer) as content_view_12m_count,
        cast(totals.online_purchase_count / nullif(totals.card_purchase_count, 0) as double) as online_purchase_rate,
        cast(coalesce(messages.message_12m_count, 0) as integer) as message_12m_count,
        cast(messages.message_opened_12m_count / nullif(messages.openable_12m_count, 0) as double)
            as message_open_rate,
        cast(messages.message_clicked_12m_count / nullif(messages.message_12m_count, 0) as double)
            as message_click_rate,
        messages.last_message_at, messages.last_message_response_at,
        cast(coalesce(cases.open_case_count, 0) as integer) as open_case_count,
        cast(coalesce(cases.case_12m_count, 0) as integer) as case_12m_count,
        cast(coalesce(cases.complaint_12m_count, 0) as integer) as complaint_12m_count,
        cases.last_case_at, cases.last_case_topic, cases.last_case_status, cases.last_satisfaction_score
    -- Who was written to and did nothing counts as well.
    from totals
    full join messages on totals.person_id = messages.person_id
    full join cases on coalesce(totals.person_id, messages.person_id) = cases.person_id
    cross join as_of
    left join active on totals.person_id = active.person_id
    left join last_contacts on totals.person_id = last_contacts.person_id
    left join interests on totals.person_id = interests.person_id

)

select * from final
