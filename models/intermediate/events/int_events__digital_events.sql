{{ config(materialized='view') }}

with

events as (

    select * from {{ ref('stg_digital__events') }}

),

-- What is typed into a search or stands behind the ? of an address may be personal: neither goes on.
final as (

    select
        'digital.events:' || event_id as event_id,
        event_id as record_id,
        occurred_at,
        _first_ingested_at as first_ingested_at,
        case when platform = 'WEB' then 'web' else 'app' end as channel,
        case
            when event_name in ('page_view', 'screen_view') then 'page_view'
            when event_name = 'view_promotion' then 'promotion_view'
            when event_name = 'select_promotion' then 'promotion_click'
            when event_name in ('view_item', 'select_content') then 'content_view'
            when event_name = 'generate_lead' then 'lead_form'
            when event_name = 'begin_checkout' then 'checkout'
            when event_name = 'purchase' then 'online_purchase'
            when event_name in (
                'session_start', 'login', 'logout', 'search', 'sign_up', 'application_start', 'application_submit'
            ) then event_name
            else 'other_click'
        end as event_kind,
        event_value as amount,
        currency_code,
        coalesce(traffic_campaign, '') != '' or gclid is not null or fbclid is not null as is_campaign_visit,
        gclid is not null or fbclid is not null as has_ad_click,
        traffic_source,
        traffic_medium,
        traffic_campaign,
        promotion_id,
        content_group,
        split_part(split_part(page_location, '?', 1), '#', 1) as page,
        device_category,
        device_operating_system,
        engagement_time_msec
    from events

)

select * from final
