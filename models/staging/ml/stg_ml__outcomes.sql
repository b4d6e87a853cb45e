with

arrivals as (
    {{ latest_arrivals('ml', 'outcomes', key=['task', 'model_version', 'month_end_date', 'origin']) }}
),

final as (

    select
        task,
        model_version,
        month_end_date,
        origin,
        judged_count,
        came_count,
        judged_predicted_rate,
        realised_rate,
        realised_low_rate,
        realised_high_rate,
        state,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
