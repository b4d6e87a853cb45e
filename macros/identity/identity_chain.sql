{% macro identity_chain(record_a, record_b, with_reach=false, max_links=40) -%}
    {#-
      The shortest chain of admitted links between two records, a row a link, for `dbt show --inline`:

          dbt show --inline "{{ identity_chain('core_banking.customers:123456789', 'crm.contacts:C9') }}"

      Columns: step (1 is a link of record_a), record, identifier_type, value_key, evidence, seen_at. Of chains that are
      equally short it is the one that `cardinal identity explain` tells. No row: they are not one person, or further
      apart than max_links.

      Breadth first, a row a node and a distance, never a row a path; of a value that many records show, only those
      go on that show another shared one.

      record_a, record_b: addresses, `source.table:record_id`. with_reach: take weak links too.
    -#}
    with recursive

    asked as (
        select
            {{ key64("'" ~ record_a | replace("'", "''") ~ "'") }} as start_key,
            {{ key64("'" ~ record_b | replace("'", "''") ~ "'") }} as end_key
    ),

    -- Nothing outside of the first one's cluster can lie on a chain.
    members as (
        select members.record_key
        from {{ ref('int_identity__clusters') }} as members
        inner join {{ ref('int_identity__clusters') }} as first_one
            on members.{{ 'reach' if with_reach else 'person' }}_key = first_one.{{ 'reach' if with_reach else 'person' }}_key
        inner join asked on first_one.record_key = asked.start_key
    ),

    links as (
        select links.record_key, links.value_key, links.identifier_type, links.seen_date
        from {{ ref('int_identity__admitted_links') }} as links
        inner join members on links.record_key = members.record_key
        {%- if not with_reach %}
        where links.joins_as = 'person'
        {%- endif %}
    ),

    shared_values as (
        select links.value_key, coalesce(min(rules.priority), 0) as priority
        from links
        left join {{ ref('identifier_rules') }} as rules on links.identifier_type = rules.identifier_type
        group by links.value_key
        having count(*) > 1
    ),

    records as (
        select
            links.record_key,
            coalesce(min(links.seen_date), date '9999-12-31') as seen_date,
            count(shared_values.value_key) as shared_count
        from links
        left join shared_values on links.value_key = shared_values.value_key
        group by links.record_key
    ),

    paths as (
        select records.record_key, records.seen_date, shared_values.value_key, shared_values.priority
        from links
        inner join shared_values on links.value_key = shared_values.value_key
        inner join records on links.record_key = records.record_key
        inner join asked on records.shared_count > 1 or records.record_key in (asked.start_key, asked.end_key)
    ),

    steps as (
        select record_key as node, value_key as next_node, false as is_value, true as is_next_value from paths
        union all
        select value_key as node, record_key as next_node, true as is_value, false as is_next_value from paths
    ),

    walk as (
        select start_key as node, false as is_value, 0 as distance from asked
        union
        select steps.next_node as node, steps.is_next_value as is_value, walk.distance + 1 as distance
        from walk
        inner join steps on walk.node = steps.node and walk.is_value = steps.is_value
        where walk.distance < {{ max_links }}
    ),

    reached as (
        select node, is_value, min(distance) as distance
        from walk
        group by node, is_value
    ),

    -- From which node each is reached first: values by strength of their type, records by age, then by their keys.
    origins as (
        select
            values_reached.node,
            values_reached.is_value,
            values_reached.distance,
            min_by(paths.record_key, (paths.seen_date, paths.record_key)) as origin
        from reached as values_reached
        inner join paths on values_reached.node = paths.value_key
        inner join reached as before
            on paths.record_key = before.node and not before.is_value and before.distance = values_reached.distance - 1
        where values_reached.is_value
        group by values_reached.node, values_reached.is_value, values_reached.distance
        union all
        select
            records_reached.node,
            records_reached.is_value,
            records_reached.distance,
            min_by(paths.value_key, (paths.priority, paths.value_key)) as origin
        from reached as records_reached
        inner join paths on records_reached.node = paths.record_key
        inner join reached as before
            on paths.value_key = before.node and before.is_value and before.distance = records_reached.distance - 1
        where not records_reached.is_value
        group by records_reached.node, records_reached.is_value, records_reached.distance
    ),

    chain as (
        select origins.distance as step, origins.node, origins.origin, origins.is_value
        from origins
        inner join asked on origins.node = asked.end_key and not origins.is_value
        union all
        select origins.distance as step, origins.node, origins.origin, origins.is_value
        from chain
        inner join origins on chain.origin = origins.node and chain.is_value != origins.is_value
    ),

    chain_links as (
        select
            step,
            case when is_value then origin else node end as record_key,
            case when is_value then node else origin end as value_key
        from chain
    ),

    names as (
        select
            shown.record_key,
            min(shown.source_name || '.' || shown.table_name || ':' || shown.record_id) as record
        from {{ ref('int_identity__record_identifiers') }} as shown
        where shown.record_key in (select record_key from chain_links)
        group by shown.record_key
    ),

    -- A decision made by hand is a link that no record shows: without evidence and time.
    final as (
        select
            chain_links.step,
            min(names.record) as record,
            min(links.identifier_type) as identifier_type,
            chain_links.value_key,
            min(shown.evidence) as evidence,
            min(shown.seen_at) as seen_at
        from chain_links
        inner join links on chain_links.record_key = links.record_key and chain_links.value_key = links.value_key
        left join names on chain_links.record_key = names.record_key
        left join {{ ref('int_identity__record_identifiers') }} as shown
            on chain_links.record_key = shown.record_key and chain_links.value_key = shown.value_key
        group by chain_links.step, chain_links.value_key
    )

    select * from final order by step
{%- endmacro %}
