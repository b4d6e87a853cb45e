with

arrivals as (
    {{ latest_arrivals('crm', 'message_events', key=['message_event_id']) }}
),

final as (

    select
        message_event_id,
        message_id,
        campaign_id,
        contact_id,
        channel,
        event_type,
        occurred_at,
        link_url,
        failure_reason,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
