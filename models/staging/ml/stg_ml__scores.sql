with

arrivals as (
    {{ latest_arrivals('ml', 'scores', key=['task', 'person_id', 'as_of_date', 'model_version']) }}
),

final as (

    select
        task,
        person_id,
        as_of_date,
        model_version,
        score,
        probability,
        rank,
        decile,
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
