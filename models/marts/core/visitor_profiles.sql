with

visits as (

    select * from {{ ref('fct_visits') }}
    where person_id is null

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

topics as (

    select
        visitor_id,
        detail as content_group,
        count(*) as view_count
    from {{ ref('customer_timeline') }}
    where person_id is null and event_kind = 'content_view' and detail is not null
    group by visitor_id, detail

),

interests as (

    select
        visitor_id,
        min_by(content_group, (-view_count, content_group)) as top_content_interest,
        sum(view_count) as content_view_count
    from topics
    group by visitor_id

),

figures as (

    select
        visitor_id,
        min(started_at) as first_seen_at,
        max(ended_at) as last_seen_at,
        count(*) as visit_count,
        count(distinct visit_date) as active_day_count,
        sum(event_count) as event_count,
        sum(engagement_seconds) as engagement_seconds,
        sum(search_count) as search_count,
        sum(promotion_view_count) as promotion_view_count,
        sum(promotion_click_count) as promotion_click_count,
        sum(lead_count) as lead_count,
        sum(application_start_count) as application_start_count,
        sum(application_submit_count) as application_submit_count,
        max_by(channel, (started_at, visit_part_id)) as last_channel,
        max_by(device_category, (started_at, visit_part_id)) as device_category,
        max_by(device_operating_system, (started_at, visit_part_id)) as device_operating_system,
        min_by(traffic_source, (started_at, visit_part_id)) filter (where traffic_source is not null)
            as first_traffic_source,
        min_by(traffic_campaign, (started_at, visit_part_id)) filter (where traffic_campaign is not null)
            as first_campaign,
        max_by(traffic_campaign, (started_at, visit_part_id)) filter (where traffic_campaign is not null)
            as last_campaign,
        bool_or(has_ad_click) as has_ad_click,
        bool_or(confidence = 'pending') as is_pending
    from visits
    group by visitor_id

),

final as (

    select
        figures.visitor_id,
        as_of.as_of_date,
        figures.first_seen_at,
        figures.last_seen_at,
        cast(figures.visit_count as integer) as visit_count,
        cast(figures.active_day_count as integer) as active_day_count,
        cast(figures.event_count as bigint) as event_count,
        cast(figures.engagement_seconds as bigint) as engagement_seconds,
        cast(figures.search_count as integer) as search_count,
        cast(figures.promotion_view_count as integer) as promotion_view_count,
        cast(figures.promotion_click_count as integer) as promotion_click_count,
        cast(coalesce(interests.content_view_count, 0) as integer) as content_view_count,
        interests.top_content_interest,
        cast(figures.lead_count as integer) as lead_count,
        cast(figures.application_start_count as integer) as application_start_count,
        cast(figures.application_submit_count as integer) as application_submit_count,
        figures.last_channel,
        figures.device_category,
        figures.device_operating_system,
        figures.first_traffic_source,
        figures.first_campaign,
        figures.last_campaign,
        figures.has_ad_click,
        figures.is_pending
    from figures
    cross join as_of
    left join interests on figures.visitor_id = interests.visitor_id

)

select * from final
