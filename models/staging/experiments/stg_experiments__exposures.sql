with

arrivals as (
    {{ latest_arrivals('experiments', 'exposures', key=['exposure_id']) }}
),

final as (

    select
        exposure_id,
        experiment_key,
        variant_key,
        unit_type,
        unit_id,
        exposed_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
