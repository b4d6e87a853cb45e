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

-- A record shows several identifiers; counted as one row it needs no count of distinct keys.
identified as (

    select record_key, any_value(source_name) as source_name, any_value(table_name) as table_name
    from record_identifiers
    where identifier_type != '(none)'
    group by record_key

),

final as (

    select
        'records_with_person' as metric,
        identified.source_name || '.' || identified.table_name as dimension,
        count(records.record_key) as value_count,
        count(*) as of_count
    from identified
    left join records on identified.record_key = records.record_key
    group by identified.source_name, identified.table_name

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
