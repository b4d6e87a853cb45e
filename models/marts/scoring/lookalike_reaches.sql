with

reaches as (

    select * from {{ ref('stg_ml__lookalike_reaches') }}

),

-- What a version said whose promotion was taken back counts no longer.
undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone

),

newest as (

    select reaches.*
    from reaches
    left join undone
        on 'lookalike_' || reaches.segment = undone.task and reaches.model_version = undone.model_version
    where undone.model_version is null
    qualify reaches._ingested_at = max(reaches._ingested_at) over (partition by reaches.segment)

),

final as (

    select
        newest.segment,
        cast(newest.reach_rate as double) as reach_rate,
        newest.as_of_date,
        newest.model_version,
        newest.profile_count,
        cast(newest.likeness_rate as double) as likeness_rate,
        cast(newest.expected_lift as double) as expected_lift,
        cast(newest.lift as double) as lift,
        cast(newest.lift_low as double) as lift_low,
        cast(newest.lift_high as double) as lift_high,
        newest.seed_count
    from newest

)

select * from final
