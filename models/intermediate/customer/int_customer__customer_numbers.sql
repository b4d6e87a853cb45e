with

person_records as (

    select * from {{ ref('int_identity__person_records') }}

),

final as (

    select
        record_id as cif_no,
        person_id
    from person_records
    where source_name = 'core_banking' and table_name = 'customers'

)

select * from final
