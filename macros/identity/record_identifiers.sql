{% macro record_identifiers(records) %}
    {#-
      The identifiers that the records of staging models show, as rows: one for each record and identifier, and one of
      the type (none) for each record that shows none or was deleted, so that who reads on by time of arrival sees it go.

      Which columns are identifiers is declared beside them in yml, in `meta`:
      - identifier: the type; where another column tells it, identifier_by: that column and the type for each of its values;
      - identifier_expression: what the value is, if it isn't the column as it stands;
      - evidence: how well it is known that the value is the person's, if that differs from the type's rule.
      The record's key is the model's unique_key, joined by '|' where it has several columns.
      An incremental run reads what arrived since the newest row that this model has of each source table.
      records: staging model -> its column that tells when the record showed the identifier.
    -#}
    {%- set seen = _arrivals_seen() -%}
    {%- set selects = [] -%}
    {%- for model_name, seen_at in records.items() -%}
        {%- set relation = ref(model_name) -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] if execute else {'columns': {}, 'sources': [['', '']]} -%}
        {%- set source_name, table_name = node.sources[0][0], node.sources[0][1] -%}
        {%- set watermark = seen.get(source_name ~ '.' ~ table_name) -%}
        {%- set record -%}
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        concat_ws('|', {{ node.config.unique_key | join(', ') if execute }}) as record_id
        {%- endset -%}
        {%- set declared = [] -%}
        {%- for column in node.columns.values() if _identifier(column).types -%}
            {%- set identifier = _identifier(column) -%}
            {%- set repeats = [] -%}
            {%- for earlier in declared if earlier.types | select('in', identifier.types) | list -%}
                {%- do repeats.append('(' ~ earlier.type ~ ', ' ~ earlier.value ~ ') is distinct from (' ~ identifier.type ~ ', ' ~ identifier.value ~ ')') -%}
            {%- endfor -%}
            {%- set select -%}
    select
        {{ record }},
        {{ identifier.type }} as identifier_type,
        {{ identifier.value }} as identifier_value,
        {{ "'" ~ identifier.evidence ~ "'" if identifier.evidence else 'cast(null as varchar)' }} as evidence,
        cast({{ seen_at }} as timestamp) as seen_at,
        _first_ingested_at as first_ingested_at,
        _ingested_at as ingested_at
    from {{ relation }}
    where {{ identifier.value }} is not null{{ ' and ' ~ identifier.type ~ ' is not null' if identifier.types | length > 1 }}
        {%- for repeat in repeats %} and {{ repeat }}{% endfor %}
        {%- if watermark %} and _ingested_at > timestamp '{{ watermark }}'{% endif %}
            {%- endset -%}
            {%- do selects.append(select) -%}
            {%- do declared.append(identifier) -%}
        {%- endfor -%}
        {%- if execute and not declared -%}
            {{ exceptions.raise_compiler_error(
                model_name ~ ' declares no identifier: add `meta: {identifier: ...}` to a column of its yml'
            ) }}
        {%- endif -%}
        {%- set select -%}
    select
        {{ record }},
        '(none)' as identifier_type, '' as identifier_value, cast(null as varchar) as evidence,
        cast({{ seen_at }} as timestamp) as seen_at, _first_ingested_at as first_ingested_at, _ingested_at as ingested_at
    from {{ relation }}
    where {% for identifier in declared %}{% if identifier.types | length > 1 %}({{ identifier.type }} is null or {{ identifier.value }} is null){% else %}{{ identifier.value }} is null{% endif %}{{ ' and ' if not loop.last }}{% endfor %}
        {%- if watermark %} and _ingested_at > timestamp '{{ watermark }}'{% endif %}

    union all

    select
        {{ record }},
        '(none)' as identifier_type, 'deleted' as identifier_value, cast(null as varchar) as evidence,
        cast(null as timestamp) as seen_at, deleted_at as first_ingested_at, deleted_at as ingested_at
    from ({{ deletions(source_name, table_name, node.config.unique_key, watermark) if execute }}) as gone
        {%- endset -%}
        {%- do selects.append(select) -%}
    {%- endfor -%}
    {{ selects | join('\n\n    union all\n\n') }}
{% endmacro %}

{% macro _identifier(column) %}
    {#- What a column's meta declares, as SQL: types (names), type, value, evidence. -#}
    {%- set meta = column.config.meta -%}
    {%- set by = meta.get('identifier_by') -%}
    {%- set value = 'cast(' ~ meta.get('identifier_expression', column.name) ~ ' as varchar)' -%}
    {%- if by -%}
        {%- set cases = [] -%}
        {%- for shown, type in by.types.items() -%}
            {%- do cases.append("when '" ~ shown ~ "' then '" ~ type ~ "'") -%}
        {%- endfor -%}
        {{ return({
            'types': by.types.values() | list, 'type': 'case ' ~ by.column ~ ' ' ~ cases | join(' ') ~ ' end',
            'value': value, 'evidence': meta.get('evidence'),
        }) }}
    {%- endif -%}
    {%- set type = meta.get('identifier') -%}
    {{ return({
        'types': [type] if type else [], 'type': "'" ~ type ~ "'", 'value': value, 'evidence': meta.get('evidence')
    }) }}
{% endmacro %}

{% macro _arrivals_seen() %}
    {#- Of each source table ('source.table'), the newest arrival that this model holds; nothing on a full build. -#}
    {%- set seen = {} -%}
    {%- if execute and this and is_incremental() -%}
        {%- set newest -%}
            select source_name || '.' || table_name as source_table, max(ingested_at) as ingested_at from {{ this }} group by 1
        {%- endset -%}
        {%- for row in run_query(newest).rows -%}
            {%- do seen.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(seen) }}
{% endmacro %}
