with

lookalikes as (

    select * from {{ ref('stg_ml__lookalikes') }}

),

profiles as (

    select * from {{ ref('audience_profiles') }}

),

-- What a version said whose promotion was taken back counts no longer.
undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone

),

-- One delivery is one ranking of the whole pool: a profile that isn't in the last one is no look-alike now.
newest as (

    select lookalikes.*
    from lookalikes
    left join undone
        on 'lookalike_' || lookalikes.segment = undone.task and lookalikes.model_version = undone.model_version
    where undone.model_version is null
    qualify lookalikes._ingested_at = max(lookalikes._ingested_at) over (partition by lookalikes.segment)

),

-- Whom the bank has come to know since is reached as a customer.
final as (

    select
        newest.segment,
        newest.audience_profile_id,
        profiles.partner_name,
        profiles.device_advertising_id,
        profiles.cookie_id,
        newest.as_of_date,
        newest.model_version,
        cast(newest.likeness_rate as double) as likeness_rate,
        newest.rank as likeness_rank,
        cast(newest.reach_rate as double) as reach_rate
    from newest
    inner join profiles on newest.audience_profile_id = profiles.audience_profile_id
    where not profiles.is_known

)

select * from final
