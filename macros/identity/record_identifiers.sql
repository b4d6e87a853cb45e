{% macro record_identifiers(records) %}
    {#-
      The identifiers that the records of staging models show, as rows: one for each record and identifier.
      Which columns are identifiers is declared beside them in yml: meta.identifier gives the type; where another column
      tells it, meta.identifier_by gives that column and the type for each of its values. The record's key is the
      model's unique_key, joined by '|' where it has several columns.
      records: staging model -> its column that tells when the record showed the identifier.
    -#}
    {%- set selects = [] -%}
    {%- for model_name, seen_at in records.items() -%}
        {%- set relation = ref(model_name) -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] if execute else {'columns': {}} -%}
        {%- for column in node.columns.values()
            if column.config.meta.get('identifier') or column.config.meta.get('identifier_by') -%}
            {%- set by = column.config.meta.get('identifier_by') -%}
            {%- set select -%}
    select
        '{{ node.sources[0][0] }}' as source_name,
        '{{ node.sources[0][1] }}' as table_name,
        concat_ws('|', {{ node.config.unique_key | join(', ') }}) as record_id,
        {% if by -%}
        case {{ by.column }} {% for value, type in by.types.items() %}when '{{ value }}' then '{{ type }}' {% endfor %}end
        {%- else -%}
        '{{ column.config.meta.identifier }}'
        {%- endif %} as identifier_type,
        {{ column.name }} as identifier_value,
        cast({{ seen_at }} as timestamp) as seen_at,
        _first_ingested_at as first_ingested_at,
        _ingested_at as ingested_at
    from {{ relation }}
    where {{ column.name }} is not null
        {%- if by %} and {{ by.column }} in ('{{ by.types | join("', '") }}'){% endif %}
            {%- endset -%}
            {%- do selects.append(select) -%}
        {%- else -%}
            {%- if execute -%}
                {{ exceptions.raise_compiler_error(
                    model_name ~ ' declares no identifier: add `meta: {identifier: ...}` to a column of its yml'
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ selects | join('\n    union all\n') }}
{% endmacro %}
