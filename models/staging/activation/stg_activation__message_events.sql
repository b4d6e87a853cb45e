with

arrivals as (
    {{ latest_arrivals('activation', 'message_events', key=['message_event_id']) }}
),

final as (

    select
        message_event_id,
        source,
        event_type,
        occurred_at,
        received_at,
        row_id,
        sync,
        row_key,
        link_url,
        failure_reason,
        sale_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
