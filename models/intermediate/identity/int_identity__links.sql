with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

final as (

    select
        links.record_key,
        links.value_key,
        links.identifier_type,
        case
            when rules.role != 'joins' then null
            when links.evidence in ('authenticated', 'verified') then 'person'
            else 'reach'
        end as joins_as,
        cast(
            (case when links.evidence in ('authenticated', 'verified') then 0 else 1000 end + rules.priority) * 131072
            + (cast(links.first_ingested_at as date) - date '1970-01-01')
            as hugeint
        ) * 18446744073709551616 + xor(links.record_key, links.value_key) as link_rank,
        cast(links.seen_at as date) as seen_date,
        cast(links.seen_at as date) + rules.expires_after_days as expires_date,
        links.source_name || '.' || links.table_name as partition_name,
        links.ingested_at
    from record_identifiers as links
    inner join rules on links.identifier_type = rules.identifier_type
    where rules.role in ('joins', 'contradicts')

)

select * from final
