with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

ledger as (

    select * from {{ ref('int_identity__id_ledger') }}

),

-- Facts and parts of other identifiers identify no one.
shown as (

    select
        records.person_id,
        any_value(records.reach_id) as reach_id,
        links.value_key as identifier_key,
        any_value(links.identifier_type) as identifier_type,
        any_value(links.identifier_value) as identifier_value,
        min_by(links.evidence, case links.evidence
            when 'authenticated' then 1 when 'verified' then 2 when 'declared' then 3 else 4
        end) as evidence,
        min(links.first_ingested_at) as first_ingested_at,
        min(links.seen_at) as first_seen_at,
        max(links.seen_at) as last_seen_at,
        count(*) as record_count,
        count(distinct links.source_name) as source_count,
        bool_or(refused_links.record_key is not null) as is_refused
    from record_identifiers as links
    inner join rules on links.identifier_type = rules.identifier_type and rules.role in ('joins', 'observes')
    inner join records on links.record_key = records.record_key
    left join refused_links
        on links.record_key = refused_links.record_key
        and links.value_key = refused_links.value_key
    group by records.person_id, links.value_key

),

holdings as (

    select
        person_id,
        value_key as identifier_key,
        max(identifier_type) as identifier_type,
        min(valid_from) filter (where change_type != 'released') as valid_from,
        max(changed_at) filter (where change_type = 'released') as released_at,
        max_by(change_type, change_no) = 'released' as is_released
    from ledger
    where value_key is not null
    group by person_id, value_key

),

endings as (

    select person_id, max(changed_at) as ended_at
    from ledger
    where change_type in ('merged', 'retired')
    group by person_id

),

-- The ledger holds keys, not values: a value that no record shows any longer is known by its key alone.
values_of_keys as (

    select value_key as identifier_key, any_value(identifier_value) as identifier_value
    from record_identifiers
    group by value_key

),

final as (

    select
        shown.person_id,
        shown.reach_id,
        shown.identifier_type,
        shown.identifier_value,
        shown.identifier_key,
        shown.evidence,
        shown.first_seen_at,
        shown.last_seen_at,
        shown.record_count,
        shown.source_count,
        shown.is_refused or count(*) over (partition by shown.identifier_key) > 1 as is_shared,
        coalesce(holdings.valid_from, shown.first_ingested_at) as valid_from,
        null as valid_to
    from shown
    left join holdings on shown.person_id = holdings.person_id and shown.identifier_key = holdings.identifier_key

    union all

    select
        holdings.person_id,
        persons.reach_id,
        holdings.identifier_type,
        values_of_keys.identifier_value,
        holdings.identifier_key,
        rules.evidence,
        null as first_seen_at,
        null as last_seen_at,
        0 as record_count,
        0 as source_count,
        false as is_shared,
        holdings.valid_from,
        case when holdings.is_released then holdings.released_at else endings.ended_at end as valid_to
    from holdings
    inner join rules on holdings.identifier_type = rules.identifier_type
    anti join shown on holdings.person_id = shown.person_id and holdings.identifier_key = shown.identifier_key
    left join persons on holdings.person_id = persons.person_id
    left join endings on holdings.person_id = endings.person_id
    left join values_of_keys on holdings.identifier_key = values_of_keys.identifier_key

)

select * from final
