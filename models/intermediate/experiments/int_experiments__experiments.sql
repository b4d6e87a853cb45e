with

declared as (

    {{ declared_experiments() }}

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
    from declared

)

select * from final
