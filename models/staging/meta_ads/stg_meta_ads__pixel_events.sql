with

arrivals as (
    {{ latest_arrivals('meta_ads', 'pixel_events', key=['pixel_event_id']) }}
),

final as (

    select
        pixel_event_id,
        pixel_id,
        event_name,
        occurred_at,
        fbp,
        fbc,
        external_id,
        user_pseudo_id,
        page_location,
        lower(content_group) as content_group,
        event_value,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
