with

runs as (

    select * from {{ ref('stg_activation__runs') }}

),

final as (

    select
        run_id,
        sync,
        as_of_date,
        status,
        fingerprint,
        desired_count,
        held_count,
        accepted_count,
        rejected_count,
        uncertain_count,
        unsent_count,
        invalid_count,
        overridden,
        message,
        started_at,
        ended_at
    from runs

)

select * from final
