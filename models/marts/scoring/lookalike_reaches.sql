with

reaches as (

    select * from {{ ref('stg_ml__lookalike_reaches') }}

),

final as (

    select
        segment,
        cast(reach_rate as double) as reach_rate,
        as_of_date,
        model_version,
        profile_count,
        cast(likeness_rate as double) as likeness_rate,
        cast(expected_lift as double) as expected_lift,
        cast(lift as double) as lift,
        cast(lift_low as double) as lift_low,
        cast(lift_high as double) as lift_high,
        seed_count
    from reaches
    qualify _ingested_at = max(_ingested_at) over (partition by segment)

)

select * from final
