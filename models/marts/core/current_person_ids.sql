with

changes as (

    select * from {{ ref('person_id_changes') }}

),

final as (

    select
        person_id,
        any_value(current_person_id) as current_person_id
    from changes
    where current_person_id is not null
    group by person_id

)

select * from final
