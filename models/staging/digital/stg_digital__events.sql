with

arrivals as (
    {{ latest_arrivals('digital', 'events', key=['event_id']) }}
),

final as (

    select
        event_id,
        lower(event_name) as event_name,
        {{ timestamp_from_micros('event_timestamp') }} as occurred_at,
        platform,
        stream_id,
        user_id,
        user_pseudo_id,
        ga_session_id as session_number,
        user_pseudo_id || '.' || cast(ga_session_id as varchar) as session_key,
        device_vendor_id,
        device_advertising_id,
        lower(device_category) as device_category,
        device_operating_system,
        device_browser,
        device_language,
        geo_country,
        geo_region,
        page_location,
        page_title,
        page_referrer,
        search_term,
        promotion_id,
        promotion_name,
        creative_name,
        content_id,
        lower(content_group) as content_group,
        lower(traffic_source) as traffic_source,
        lower(traffic_medium) as traffic_medium,
        traffic_campaign,
        gclid,
        fbclid,
        engagement_time_msec,
        event_value,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
