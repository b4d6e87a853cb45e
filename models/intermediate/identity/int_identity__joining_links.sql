with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

joining as (

    select
        links.source_name,
        links.table_name,
        links.record_id,
        links.identifier_type || ':' || links.identifier_value as identifier_key,
        links.first_ingested_at,
        rules.priority
    from record_identifiers as links
    inner join rules on links.identifier_type = rules.identifier_type and rules.role = 'joins'

),

strongest as (

    select
        *,
        first_value(identifier_key) over (
            partition by source_name, table_name, record_id
            order by priority, identifier_key
        ) as record_identifier_key
    from joining

),

pairs as (

    -- A record that shows one identifier joins nothing; dropping it here leaves a small graph of values.
    select
        record_identifier_key as identifier_key,
        identifier_key as other_identifier_key,
        min(first_ingested_at) as linked_at,
        min(source_name || '.' || table_name) as first_table
    from strongest
    where record_identifier_key != identifier_key
    group by record_identifier_key, identifier_key

),

national_ids as (

    -- How many national ids meet at a value: through itself, or through what it is linked to directly.
    select
        identifier_key,
        count(distinct national_id_key) as national_id_count
    from (
        select other_identifier_key as identifier_key, identifier_key as national_id_key
        from pairs where identifier_key like 'national\_id:%' escape '\'
        union all
        select links.other_identifier_key as identifier_key, holders.identifier_key as national_id_key
        from pairs as links
        inner join pairs as holders
            on links.identifier_key = holders.other_identifier_key
            and holders.identifier_key like 'national\_id:%' escape '\'
    ) as meetings
    group by identifier_key

),

final as (

    select
        pairs.identifier_key,
        pairs.other_identifier_key,
        pairs.linked_at,
        pairs.first_table,
        coalesce(national_ids.national_id_count, 0) <= 1 as is_admitted
    from pairs
    left join national_ids on pairs.other_identifier_key = national_ids.identifier_key

)

select * from final
