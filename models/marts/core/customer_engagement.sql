with

as_of as (select * from {{ ref('int_customer__as_of') }}),

cases as (select * from {{ ref('int_customer__service_cases') }}),

messages as (select * from {{ ref('int_customer__message_engagement') }}),

-- What people did themselves, by day; not what was sent to them or booked by a machine.
days as (

    select
        person_id,
        {{ local_date('occurred_at') }} as activity_date,
        channel,
        table_name = 'events' as is_digital,
        case when event_kind = 'content_view' then detail end as content_group,
        count(*) as event_count,
        count(*) filter (where event_id = 'digital.events:' || visit_part_id) as visit_count,
        count(*) filter (where event_kind = 'login') as login_count,
        count(*) filter (where event_kind = 'search') as search_count,
        count(*) filter (where event_kind = 'promotion_view') as promotion_view_count,
        count(*) filter (where event_kind = 'promotion_click') as promotion_click_count,
        count(*) filter (where event_kind = 'card_purchase') as card_purchase_count,
        max(occurred_at) as last_at,
        max_by(event_kind, (occurred_at, event_id)) as last_kind,
        max(occurred_at) filter (where event_kind = 'login') as last_login_at
    from {{ ref('customer_timeline') }}
    where
        person_id is not null
        and channel != 'system'
        and event_kind not in (
            'message_sent', 'message_delivered', 'message_deferred', 'message_bounced', 'message_failed', 'lead_step',
            'bank_charge'
        )
    group by all

),

recent as (

    select
        days.*,
        days.activity_date > as_of.as_of_date - interval 30 day as is_in_30d,
        days.activity_date > as_of.as_of_date - interval 90 day as is_in_90d,
        days.activity_date > as_of.as_of_date - interval 12 month as is_in_12m
    from days
    inner join as_of on days.activity_date <= as_of.as_of_date

),

figures as (

    select
        person_id,
        max(last_at) filter (where is_digital) as last_seen_at,
        max(last_login_at) as last_login_at,
        cast(count(distinct activity_date) filter (where is_digital and is_in_30d) as integer) as active_day_30d_count,
        cast(count(distinct activity_date) filter (where is_digital and is_in_90d) as integer) as active_day_90d_count,
        cast(coalesce(sum(visit_count) filter (where is_in_90d), 0) as integer) as visit_90d_count,
        cast(coalesce(sum(login_count) filter (where is_in_90d), 0) as integer) as login_90d_count,
        cast(coalesce(sum(search_count) filter (where is_in_90d), 0) as integer) as search_90d_count,
        cast(coalesce(sum(promotion_view_count) filter (where is_in_90d), 0) as integer) as promotion_view_90d_count,
        cast(coalesce(sum(promotion_click_count) filter (where is_in_90d), 0) as integer) as promotion_click_90d_count,
        sum(card_purchase_count) filter (where is_in_12m and channel = 'online') as online_purchase_count,
        sum(card_purchase_count) filter (where is_in_12m) as card_purchase_count,
        max(last_at) as last_contact_at,
        max_by(channel, (last_at, channel, last_kind)) as last_contact_channel,
        max_by(last_kind, (last_at, channel, last_kind)) as last_contact_kind
    -- Who was written to and did nothing counts as well.
    from (
        select * from recent
        union all by name
        select person_id from messages
        union all by name
        select person_id from cases
    ) as everybody
    group by person_id

),

interests as (

    select
        person_id,
        max(content_group) filter (where place = 1) as top_content_interest,
        max(content_group) filter (where place = 2) as second_content_interest,
        sum(view_count) as content_view_12m_count
    from (
        select
            person_id,
            content_group,
            sum(event_count) as view_count,
            row_number() over (partition by person_id order by sum(event_count) desc, content_group asc) as place
        from recent
        where content_group is not null and is_in_12m
        group by person_id, content_group
    ) as ranked
    group by person_id

),

final as (

    select
        figures.person_id,
        as_of.as_of_date,
        figures.* exclude (person_id, online_purchase_count, card_purchase_count),
        case
            when figures.last_seen_at is null then 'none'
            when figures.active_day_90d_count = 0 then 'dormant'
            when figures.active_day_30d_count >= 8 then 'heavy'
            when figures.active_day_30d_count >= 2 then 'regular'
            else 'occasional'
        end as digital_engagement_band,
        interests.top_content_interest,
        interests.second_content_interest,
        cast(coalesce(interests.content_view_12m_count, 0) as integer) as content_view_12m_count,
        cast(figures.online_purchase_count / nullif(figures.card_purchase_count, 0) as double)
            as online_purchase_rate,
        cast(coalesce(messages.message_12m_count, 0) as integer) as message_12m_count,
        cast(messages.message_opened_12m_count / nullif(messages.openable_12m_count, 0) as double)
            as message_open_rate,
        cast(messages.message_clicked_12m_count / nullif(messages.message_12m_count, 0) as double)
            as message_click_rate,
        messages.last_message_at,
        messages.last_message_response_at,
        cast(coalesce(cases.open_case_count, 0) as integer) as open_case_count,
        cast(coalesce(cases.case_12m_count, 0) as integer) as case_12m_count,
        cast(coalesce(cases.complaint_12m_count, 0) as integer) as complaint_12m_count,
        cases.last_case_at,
        cases.last_case_topic,
        cases.last_case_status,
        cases.last_satisfaction_score
    from figures
    cross join as_of
    left join interests on figures.person_id = interests.person_id
    left join messages on figures.person_id = messages.person_id
    left join cases on figures.person_id = cases.person_id

)

select * from final
