with

records as (

    select * from {{ ref('int_identity__record_components') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

final as (

    select
        records.record_id as cif_no,
        persons.person_id
    from records
    inner join persons on records.component_key = persons.component_key
    where records.source_name = 'core_banking' and records.table_name = 'customers'

)

select * from final
