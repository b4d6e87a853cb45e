with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__record_components') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

final as (

    select
        persons.person_id,
        links.identifier_type,
        links.identifier_value,
        any_value(rules.evidence) as evidence,
        min(links.seen_at) as first_seen_at,
        max(links.seen_at) as last_seen_at,
        count(*) as record_count,
        count(distinct links.source_name) as source_count
    from record_identifiers as links
    inner join rules on links.identifier_type = rules.identifier_type
    inner join records
        on links.source_name = records.source_name
        and links.table_name = records.table_name
        and links.record_id = records.record_id
    inner join persons on records.component_key = persons.component_key
    group by persons.person_id, links.identifier_type, links.identifier_value

)

select * from final
