with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

final as (

    select
        identifiers.source_name,
        identifiers.table_name,
        count(distinct records.record_key) as person_record_count,
        count(distinct identifiers.record_key) as record_count
    from record_identifiers as identifiers
    left join records on identifiers.record_key = records.record_key
    group by identifiers.source_name, identifiers.table_name

)

select * from final
