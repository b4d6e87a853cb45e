with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

clusters as (

    select * from {{ ref('int_identity__clusters') }}

),

records as (

    select
        record_key,
        any_value(source_name) as source_name,
        any_value(table_name) as table_name,
        any_value(record_id) as record_id,
        min(first_ingested_at) as first_ingested_at
    from record_identifiers
    group by record_key

),

final as (

    select
        records.source_name,
        records.table_name,
        records.record_id,
        records.record_key,
        records.source_name = 'core_banking' and records.table_name = 'customers' as is_customer,
        records.first_ingested_at,
        clusters.person_key,
        clusters.reach_key
    from records
    inner join clusters on records.record_key = clusters.record_key

)

select * from final
