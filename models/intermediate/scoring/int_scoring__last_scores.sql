with

scores as (

    select * from {{ ref('stg_ml__scores') }}

),

-- What a version said whose promotion was taken back counts no longer.
undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone

),

-- One delivery is one scoring of one task: whoever wasn't scored in the last one has no score now.
last_deliveries as (

    select
        task,
        max(_ingested_at) as delivered_at
    from scores
    group by task

),

final as (

    select
        scores.task,
        scores.person_id,
        scores.as_of_date,
        scores.model_version,
        cast(scores.score as double) as score,
        cast(scores.probability as double) as probability,
        scores.rank,
        scores.decile,
        scores.reason_1,
        scores.reason_2,
        scores.reason_3
    from scores
    inner join last_deliveries
        on scores.task = last_deliveries.task and scores._ingested_at = last_deliveries.delivered_at
    left join undone on scores.task = undone.task and scores.model_version = undone.model_version
    where undone.model_version is null

)

select * from final
