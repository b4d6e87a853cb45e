with

records as (

    select * from {{ ref('int_identity__person_records') }}

),

final as (

    select
        source_name as source,
        table_name,
        record_id,
        person_id,
        reach_id
    from records

)

select * from final
