{% macro record_identifiers(records) %}
    {#-
      The identifiers that the records of staging models show, as rows: one for each record and identifier, and one of
      the type (none) for each record that shows none or was deleted, so that who reads on by time of arrival sees it go.

      Which columns are identifiers is declared beside them in yml, in `meta`:
      - identifier: the type; where another column tells it, identifier_by: that column and the type for each of its values;
      - identifier_expression: what the value is, if it isn't the column as it stands;
      - evidence: how well it is known that the value is the person's, if that differs from the type's rule.
      The record's key is the model's unique_key, joined by '|' where it has several columns.
      An incremental run reads what arrived since the newest row that this model has of each source table; all of it if
      the declarations or the rules have changed since. Deletions, which only the lake knows, have a watermark of their
      own and are read as far as staging has come: what the lake knows beyond comes when staging has it.
      records: staging model -> its column that tells when the record showed the identifier.
    -#}
    {%- set selects, shown = [], {} -%}
    {%- for model_name, seen_at in records.items() -%}
        {%- set relation = ref(model_name) -%}
        {%- if execute -%}
            {%- do shown.update({model_name: _declared_identifiers(graph.nodes['model.cardinal.' ~ model_name], seen_at)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set declared_as = _declared_as(shown, ref('identifier_rules'), block_list_reason('type', 'value')) -%}
    {%- set seen = _arrivals_seen(declared_as) -%}
    {%- for model_name, identifiers in shown.items() -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] -%}
        {%- set source_name, table_name = node.sources[0][0], node.sources[0][1] -%}
        {%- set watermark = seen.get(source_name ~ '.' ~ table_name, {}) -%}
        {%- set staging = ref(model_name) -%}
        {%- set until = newest_arrival(staging) if execute and load_relation(superseded_relation(staging)) else none -%}
        {%- set record -%}
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        concat_ws('|', {{ node.config.unique_key | join(', ') }}) as record_id,
        '{{ declared_as }}' as declared_as
        {%- endset -%}
        {%- set times -%}
        cast({{ records[model_name] }} as timestamp) as seen_at, _first_ingested_at as first_ingested_at, _ingested_at as ingested_at
    from {{ ref(model_name) }}
    where {% if watermark.shown_at %}_ingested_at > timestamp '{{ watermark.shown_at }}' and {% endif %}
        {%- endset -%}
        {%- set missing = [] -%}
        {%- for identifier in identifiers -%}
            {%- do selects.append(
                "select " ~ record ~ ", " ~ identifier.type ~ " as identifier_type, " ~ identifier.value
                ~ " as identifier_value, " ~ identifier.evidence ~ " as evidence, " ~ times ~ identifier.condition
            ) -%}
            {%- do missing.append('(' ~ identifier.is_shown ~ ') is not true') -%}
        {%- endfor -%}
        {%- set nothing = "cast(null as varchar) as evidence, " -%}
        {%- do selects.append(
            "select " ~ record ~ ", '(none)' as identifier_type, '' as identifier_value, " ~ nothing ~ times
            ~ missing | join(' and ')
        ) -%}
        {%- do selects.append(
            "select " ~ record ~ ", '(none)' as identifier_type, 'deleted' as identifier_value, " ~ nothing
            ~ "cast(null as timestamp) as seen_at, deleted_at as first_ingested_at, deleted_at as ingested_at from ("
            ~ deletions(source_name, table_name, node.config.unique_key, after=watermark.seen_at, until=until) ~ ") as gone"
        ) -%}
    {%- endfor -%}
    {{ selects | join('\n\n    union all\n\n    ') if execute else 'select 1' }}
{% endmacro %}

{% macro _declared_identifiers(node, seen_at) %}
    {#- What a staging model's yml declares, a list of SQL texts by column: type, value, evidence, is_shown, condition. -#}
    {%- set declared = [] -%}
    {%- for column in node.columns.values() if column.config.meta.get('identifier') or column.config.meta.get('identifier_by') -%}
        {%- set meta = column.config.meta -%}
        {%- set types = meta.identifier_by.types if meta.identifier_by else {none: meta.identifier} -%}
        {%- set cases = [] -%}
        {%- for shown_as, type in types.items() if shown_as -%}
            {%- do cases.append("when '" ~ shown_as ~ "' then '" ~ type ~ "'") -%}
        {%- endfor -%}
        {%- set type = 'case ' ~ meta.identifier_by.column ~ ' ' ~ cases | join(' ') ~ ' end' if cases else "'" ~ meta.identifier ~ "'" -%}
        {%- set value = 'cast(' ~ meta.get('identifier_expression', column.name) ~ ' as varchar)' -%}
        {%- set is_shown = value ~ ' is not null' ~ (' and ' ~ type ~ ' is not null' if cases else '') -%}
        {#- The same telephone in two columns is shown once, with the evidence of the first. -#}
        {%- set conditions = [is_shown] -%}
        {%- for earlier in declared if earlier.types | select('in', types.values() | list) | list -%}
            {%- do conditions.append('(' ~ earlier.type ~ ', ' ~ earlier.value ~ ') is distinct from (' ~ type ~ ', ' ~ value ~ ')') -%}
        {%- endfor -%}
        {%- do declared.append({
            'types': types.values() | list, 'type': type, 'value': value, 'is_shown': is_shown,
            'condition': conditions | join(' and '), 'seen_at': seen_at,
            'evidence': "cast(" ~ ("'" ~ meta.evidence ~ "'" if meta.evidence else 'null') ~ " as varchar)",
        }) -%}
    {%- endfor -%}
    {%- if not declared -%}
        {{ exceptions.raise_compiler_error(
            node.name ~ ' declares no identifier: add `meta: {identifier: ...}` to a column of its yml'
        ) }}
    {%- endif -%}
    {{ return(declared) }}
{% endmacro %}

{% macro _declared_as(shown, rules, block_list) %}
    {#- A hash of the declarations, the block list and what the rules say about types: rows read under another are stale. -#}
    {%- set texts = [shown | string, block_list] -%}
    {%- if execute and load_relation(rules) -%}
        {%- for row in run_query('select identifier_type, evidence, parts from ' ~ rules ~ ' order by identifier_type').rows -%}
            {%- do texts.append(row.values() | join(' ')) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(local_md5(texts | join('\n'))) }}
{% endmacro %}

{% macro _arrivals_seen(declared_as) %}
    {#-
      Of each source table ('source.table'), the newest arrival that this model holds of what records show (shown_at) and
      of everything, deletions included (seen_at); nothing if all must be read.
    -#}
    {%- set seen = {} -%}
    {%- if execute and this and is_incremental() -%}
        {%- set newest -%}
            select
                source_name || '.' || table_name as source_table,
                max(ingested_at) filter (where not (identifier_type = '(none)' and identifier_value = 'deleted')) as shown_at,
                max(ingested_at) as seen_at
            from {{ this }}
            group by all
            having bool_and(declared_as = '{{ declared_as }}')
        {%- endset -%}
        {%- for row in run_query(newest).rows -%}
            {%- do seen.update({row[0]: {'shown_at': row[1], 'seen_at': row[2]}}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(seen) }}
{% endmacro %}
