{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['visit_part_id'],
    post_hook="{{ remember_seen() }}",
    on_schema_change='fail',
) }}
{%- set touched = touched_visits() %}

with

visits as (

    select * from {{ ref('visit_owners') }}
    {% if is_incremental() -%}
    where visit_part_id in (select visit_part_id from {{ touched }})
    {%- endif %}

),

event_owners as (

    select * from {{ ref('event_owners') }}

),

events as (

    select * from {{ ref('int_events__digital_events') }}

),

seen as (

    select
        event_owners.visit_part_id,
        events.*,
        (events.occurred_at, events.record_id) as place
    from visits
    inner join event_owners on visits.visit_part_id = event_owners.visit_part_id
    inner join events on event_owners.event_id = events.record_id

),

counted as (

    select
        visit_part_id,
        min_by(channel, place) as channel,
        min_by(device_category, place) as device_category,
        min_by(device_operating_system, place) as device_operating_system,
        min_by(page, place) filter (where page is not null) as entry_page,
        min_by(traffic_source, place) filter (where traffic_source is not null) as traffic_source,
        min_by(traffic_medium, place) filter (where traffic_medium is not null) as traffic_medium,
        min_by(traffic_campaign, place) filter (where traffic_campaign is not null) as traffic_campaign,
        bool_or(has_ad_click) as has_ad_click,
        mode(content_group order by content_group) filter (where event_kind = 'content_view') as top_content_group,
        count(*) filter (where event_kind = 'page_view') as page_view_count,
        count(*) filter (where event_kind = 'login') as login_count,
        count(*) filter (where event_kind = 'search') as search_count,
        count(*) filter (where event_kind = 'promotion_view') as promotion_view_count,
        count(*) filter (where event_kind = 'promotion_click') as promotion_click_count,
        count(*) filter (where event_kind = 'content_view') as content_view_count,
        count(*) filter (where event_kind in ('lead_form', 'sign_up')) as lead_count,
        count(*) filter (where event_kind = 'application_start') as application_start_count,
        count(*) filter (where event_kind = 'application_submit') as application_submit_count,
        count(*) filter (where event_kind = 'online_purchase') as purchase_count,
        sum(engagement_time_msec) as engagement_time_msec
    from seen
    group by visit_part_id

),

final as (

    select
        visits.visit_part_id,
        visits.visit_id,
        visits.session_key,
        visits.person_id,
        visits.visitor_id,
        visits.confidence,
        visits.valid_from as started_at,
        visits.valid_to as ended_at,
        {{ local_date('visits.valid_from') }} as visit_date,
        counted.channel,
        counted.device_category,
        counted.device_operating_system,
        counted.entry_page,
        counted.traffic_source,
        counted.traffic_medium,
        counted.traffic_campaign,
        counted.has_ad_click,
        counted.top_content_group,
        visits.event_count,
        counted.page_view_count,
        counted.login_count,
        counted.search_count,
        counted.promotion_view_count,
        counted.promotion_click_count,
        counted.content_view_count,
        counted.lead_count,
        counted.application_start_count,
        counted.application_submit_count,
        counted.purchase_count,
        counted.lead_count + counted.application_submit_count + counted.purchase_count as conversion_count,
        cast(coalesce(counted.engagement_time_msec, 0) // 1000 as bigint) as engagement_seconds
    from visits
    inner join counted on visits.visit_part_id = counted.visit_part_id

)

select * from final
