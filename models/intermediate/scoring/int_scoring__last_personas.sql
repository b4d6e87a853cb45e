with

personas as (

    select * from {{ ref('stg_ml__personas') }}

),

-- What a version said whose promotion was taken back counts no longer.
undone as (

    select * from {{ ref('stg_ml__champions') }}
    where is_undone and task = 'personas'

),

-- One delivery is one assignment of all: whoever isn't in the last one is of no persona now.
last_assignment as (

    select *
    from personas
    qualify _ingested_at = max(_ingested_at) over ()

),

final as (

    select
        last_assignment.person_id,
        last_assignment.as_of_date,
        last_assignment.model_version,
        last_assignment.persona,
        last_assignment.description,
        cast(last_assignment.clearness_rate as double) as clearness_rate
    from last_assignment
    left join undone on last_assignment.model_version = undone.model_version
    where undone.model_version is null

)

select * from final
