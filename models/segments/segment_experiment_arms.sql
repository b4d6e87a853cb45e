with

experiments as (

    select * from {{ ref('dim_experiments') }}
    where audience is not null

),

arms as (

    select * from {{ ref('dim_experiment_arms') }}

),

members as (

    select * from {{ ref('segment_membership') }}

),

placed as (

    select
        experiments.experiment_key,
        experiments.kind,
        experiments.layer_from,
        experiments.layer_to,
        members.person_id,
        {{ experiment_bucket('experiments.hash_seed', 'members.person_id') }} as bucket,  -- noqa: PRS
        {{ layer_bucket('experiments.layer_name', 'members.person_id') }} as layer_bucket  -- noqa: PRS
    from experiments
    inner join members on experiments.audience = members.segment

),

final as (

    select
        placed.experiment_key,
        placed.person_id,
        arms.arm,
        placed.kind = 'hold_out' and arms.is_control as is_held_out
    from placed
    inner join arms
        on placed.experiment_key = arms.experiment_key
        and placed.bucket >= arms.bucket_from
        and placed.bucket < arms.bucket_to
    -- Without a layer there is no place in it either.
    where
        placed.layer_bucket is null
        or (placed.layer_bucket >= placed.layer_from and placed.layer_bucket < placed.layer_to)

)

select * from final
