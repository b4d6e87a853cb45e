{% macro record_identifiers(model_name, seen_at) %}
    {#-
      The identifiers that the records of one staging model show, as rows.
      Which columns are identifiers is declared beside them in yml (meta.identifier); the record's key is the
      model's unique_key, joined by '|' where it has several columns.
      model_name: a staging model. seen_at: its column that tells when the record showed the identifier.
    -#}
    {%- set relation = ref(model_name) -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] -%}
        {%- set source_name, table_name = node.sources[0] -%}
        {%- for column in node.columns.values() if column.config.meta.get('identifier') %}
    select
        '{{ source_name }}' as source_name,
        '{{ table_name }}' as table_name,
        concat_ws('|', {{ node.config.unique_key | join(', ') }}) as record_id,
        '{{ column.config.meta.identifier }}' as identifier_type,
        {{ column.name }} as identifier_value,
        cast({{ seen_at }} as timestamp) as seen_at,
        _first_ingested_at as first_ingested_at
    from {{ relation }}
    where {{ column.name }} is not null
        {{ 'union all' if not loop.last }}
        {%- else -%}
            {{ exceptions.raise_compiler_error(model_name ~ ' declares no identifier: add `meta: {identifier: ...}` to a column of its yml') }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
