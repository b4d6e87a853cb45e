with

arrivals as (
    {{ latest_arrivals('activation', 'row_results', key=['run_id', 'row_key']) }}
),

final as (

    select
        run_id,
        row_key,
        sync,
        as_of_date,
        op,
        version,
        status,
        reason,
        answered_at,
        row_id,
        person_id,
        campaign,
        purpose,
        channel,
        experiment_key,
        arm,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
