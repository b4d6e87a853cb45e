with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

clusters as (

    select * from {{ ref('int_identity__clusters') }}

),

final as (

    select
        links.source_name,
        links.table_name,
        links.record_id,
        min(links.first_ingested_at) as first_ingested_at,
        clusters.person_key as component_key,
        clusters.reach_key
    from record_identifiers as links
    inner join clusters on links.record_key = clusters.record_key
    group by links.source_name, links.table_name, links.record_id, clusters.person_key, clusters.reach_key

)

select * from final
