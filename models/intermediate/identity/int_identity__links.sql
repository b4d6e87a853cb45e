with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

blocked_values as (

    select * from {{ ref('int_identity__blocked_values') }}

),

decisions as (

    select * from {{ ref('int_identity__decisions') }}
    where is_in_force

),

shown as (

    select
        links.record_key,
        links.value_key,
        links.identifier_type,
        case
            when rules.role != 'joins' then null
            when links.evidence in ('authenticated', 'verified') then 'person'
            else 'reach'
        end as joins_as,
        rules.priority as type_no,
        case when links.evidence in ('authenticated', 'verified') then 0 else 1000 end + rules.priority as link_level,
        links.first_ingested_at,
        cast(links.seen_at as date) as seen_date,
        cast(links.seen_at as date) + rules.expires_after_days as expires_date,
        links.source_name || '.' || links.table_name as partition_name,
        links.ingested_at,
        cast(null as ubigint) as limit_key,
        blocked_values.value_key is not null as is_blocked
    from record_identifiers as links
    inner join rules on links.identifier_type = rules.identifier_type
    left join blocked_values on links.value_key = blocked_values.value_key
    -- A blocked value joins nothing, but whoever shows nothing else is still somebody.
    where rules.role = 'joins' or (rules.role = 'contradicts' and blocked_values.value_key is null)

),

-- What a person decided goes before all evidence: two records that share a value, or a fact in which they differ.
decided as (

    select
        case sides.side when 'a' then decisions.record_key_a else decisions.record_key_b end as record_key,
        case decisions.decision
            when 'must_link' then {{ key64("'must_link:' || decisions.decision_id") }}
            else {{ key64("'cannot_link:' || decisions.decision_id || ':' || sides.side") }}
        end as value_key,
        decisions.decision as identifier_type,
        case decisions.decision when 'must_link' then 'person' end as joins_as,
        case decisions.decision when 'must_link' then 0 else -2 end as type_no,
        0 as link_level,
        decisions.first_ingested_at,
        cast(decisions.decided_at as date) as seen_date,
        cast(null as date) as expires_date,
        'manual.identity_decisions' as partition_name,
        decisions.ingested_at,
        case decisions.decision
            when 'cannot_link' then {{ key64("'cannot_link:' || decisions.decision_id") }}
        end as limit_key,
        false as is_blocked
    from decisions
    cross join (values ('a'), ('b')) as sides (side)

),

newest as (

    select max(cast(ingested_at as date)) as ingested_date from record_identifiers

),

links as (

    select * from shown
    union all
    select * from decided

),

final as (

    select
        record_key,
        value_key,
        identifier_type,
        type_no,
        joins_as,
        cast(link_level * 131072 + (cast(first_ingested_at as date) - date '1970-01-01') as hugeint)
        * 18446744073709551616 + xor(record_key, value_key) as link_rank,
        seen_date,
        expires_date,
        partition_name,
        ingested_at,
        limit_key,
        is_blocked,
        coalesce(expires_date <= (select ingested_date from newest), false) as is_expired
    from links

)

select * from final
