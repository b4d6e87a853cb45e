with

personas as (

    select * from {{ ref('stg_ml__personas') }}

),

-- One delivery is one assignment of all: whoever isn't in the last one is of no persona now.
final as (

    select
        person_id,
        as_of_date,
        model_version,
        persona,
        description,
        cast(clearness_rate as double) as clearness_rate
    from personas
    qualify _ingested_at = max(_ingested_at) over ()

)

select * from final
