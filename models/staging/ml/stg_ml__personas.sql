with

arrivals as (
    {{ latest_arrivals('ml', 'personas', key=['person_id', 'as_of_date', 'model_version']) }}
),

final as (

    select
        person_id,
        as_of_date,
        model_version,
        persona,
        description,
        clearness_rate,
        champion_no,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
