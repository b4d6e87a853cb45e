with

records as (

    select * from {{ ref('int_identity__record_components') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

final as (

    select
        records.source_name,
        records.table_name,
        records.record_id,
        persons.person_id
    from records
    inner join persons on records.component_key = persons.component_key

)

select * from final
