with

arrivals as (
    {{ latest_arrivals('ml', 'alerts', key=['task', 'event_id', 'model_version']) }}
),

final as (

    select
        task,
        event_id,
        as_of_date,
        model_version,
        score,
        probability,
        rank,
        reason_1,
        reason_2,
        reason_3,
        champion_no,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
