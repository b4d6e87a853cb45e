with

arrivals as (
    {{ latest_arrivals('manual', 'identity_decisions', key=['decision_id']) }}
),

final as (

    select
        decision_id,
        decision,
        trim(record_a) as record_a,
        trim(record_b) as record_b,
        author,
        reason,
        decided_at,
        expires_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
