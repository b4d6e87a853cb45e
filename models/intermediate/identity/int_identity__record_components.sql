with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

components as (

    select * from {{ ref('int_identity__components') }}

),

-- A record follows its strongest joining identifier. One that only describes a person is a person of its own.
records as (

    select
        links.source_name,
        links.table_name,
        links.record_id,
        min(links.first_ingested_at) as first_ingested_at,
        arg_min(links.identifier_type || ':' || links.identifier_value, (rules.priority, links.identifier_value))
            filter (where rules.role = 'joins') as identifier_key
    from record_identifiers as links
    inner join rules on links.identifier_type = rules.identifier_type
    where rules.role in ('joins', 'describes')
    group by links.source_name, links.table_name, links.record_id

),

final as (

    select
        records.source_name,
        records.table_name,
        records.record_id,
        records.first_ingested_at,
        records.identifier_key,
        coalesce(
            components.component_key,
            records.identifier_key,
            'record:' || records.source_name || '.' || records.table_name || ':' || records.record_id
        ) as component_key
    from records
    left join components on records.identifier_key = components.identifier_key

)

select * from final
