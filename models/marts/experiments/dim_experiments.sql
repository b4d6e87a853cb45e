with

experiments as (

    select * from {{ ref('int_experiments__experiments') }}

),

final as (

    select
        experiment_key,
        description,
        owner,
        unit_type,
        kind,
        hash_seed,
        layer_name,
        layer_from,
        layer_to,
        audience,
        multiple_exposures,
        start_date,
        stop_date
    from experiments

)

select * from final
