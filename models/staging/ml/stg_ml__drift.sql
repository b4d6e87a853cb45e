with

arrivals as (
    {{ latest_arrivals('ml', 'drift', key=['task', 'model_version', 'month_end_date', 'subject']) }}
),

final as (

    select
        task,
        model_version,
        month_end_date,
        subject,
        words,
        row_count,
        value_count,
        stability_index,
        chance_index,
        missing_rate,
        learned_missing_rate,
        state,
        champion_no,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
