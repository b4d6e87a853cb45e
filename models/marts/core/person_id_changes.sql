with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

final as (

    select
        person_id,
        'created' as change_type,
        cast(null as varchar) as successor_person_id,
        first_ingested_at as changed_at
    from persons

)

select * from final
