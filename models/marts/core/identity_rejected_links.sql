with

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

-- What the keys of the refused links stand for.
values_of_keys as (

    select identifiers.value_key, any_value(identifiers.identifier_value) as identifier_value
    from record_identifiers as identifiers
    where
        identifiers.value_key in (select own_value_key from refused_links)
        or identifiers.value_key in (select competing_value_key from refused_links)
    group by identifiers.value_key

),

final as (

    select
        records.source_name as source,
        records.table_name,
        records.record_id,
        records.person_id,
        identifiers.identifier_type,
        identifiers.identifier_value,
        refused_links.joins_as,
        refused_links.constraint_type as constraint_name,
        own_values.identifier_value as own_value,
        competitors.source_name as competing_source,
        competitors.table_name as competing_table_name,
        competitors.record_id as competing_record_id,
        competitors.person_id as competing_person_id,
        competing_values.identifier_value as competing_value,
        identifiers.first_ingested_at as linked_at
    from refused_links
    inner join record_identifiers as identifiers
        on refused_links.record_key = identifiers.record_key
        and refused_links.value_key = identifiers.value_key
    inner join records on refused_links.record_key = records.record_key
    left join records as competitors on refused_links.competing_record_key = competitors.record_key
    left join values_of_keys as own_values on refused_links.own_value_key = own_values.value_key
    left join values_of_keys as competing_values on refused_links.competing_value_key = competing_values.value_key

)

select * from final
