with

arrivals as (
    {{ latest_arrivals('activation', 'runs', key=['run_id']) }}
),

final as (

    select
        run_id,
        sync,
        as_of_date,
        status,
        fingerprint,
        desired_count,
        held_count,
        accepted_count,
        rejected_count,
        uncertain_count,
        unsent_count,
        invalid_count,
        overridden,
        message,
        started_at,
        ended_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
