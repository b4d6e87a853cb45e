with

arrivals as (
    {{ latest_arrivals('activation', 'programme_messages', key=['message_key']) }}
),

final as (

    select
        message_key,
        entry_id,
        programme,
        version,
        step,
        person_id,
        channel,
        template,
        reason,
        stop_events,
        stay_segment,
        entered_at,
        due_at,
        until_date,
        as_of_date,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
