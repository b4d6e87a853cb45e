with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

blocked_values as (

    select * from {{ ref('int_identity__blocked_values') }}

),

junk_values as (

    select * from {{ ref('int_identity__junk_values') }}

),

final as (

    select
        'records_with_person' as metric,
        identifiers.source_name || '.' || identifiers.table_name as dimension,
        count(distinct records.record_key) as value_count,
        count(distinct identifiers.record_key) as of_count
    from record_identifiers as identifiers
    left join records on identifiers.record_key = records.record_key
    where identifiers.identifier_type != '(none)'
    group by identifiers.source_name, identifiers.table_name

    union all

    select
        'junk_values' as metric,
        source_name || '.' || table_name || '.' || column_name as dimension,
        junk_count as value_count,
        valid_count + junk_count as of_count
    from junk_values

    union all

    select
        'blocked_values' as metric,
        identifier_type || '.' || reason as dimension,
        count(*) as value_count,
        cast(null as bigint) as of_count
    from blocked_values
    group by identifier_type, reason

)

select * from final
