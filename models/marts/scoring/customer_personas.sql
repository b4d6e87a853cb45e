with

assigned as (

    select * from {{ ref('int_scoring__last_personas') }}

),

ids as (

    select * from {{ ref('current_person_ids') }}

),

-- Of two who turned out to be one person, the clearer one counts.
final as (

    select
        ids.current_person_id as person_id,
        assigned.as_of_date,
        assigned.model_version,
        assigned.persona,
        assigned.clearness_rate
    from assigned
    inner join ids on assigned.person_id = ids.person_id
    qualify row_number() over (
        partition by ids.current_person_id
        order by assigned.clearness_rate desc, assigned.person_id asc
    ) = 1

)

select * from final
