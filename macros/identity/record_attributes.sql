{% macro record_attributes(records) %}
    {#-
      What the records of staging models say about people, as rows: one for each record and attribute it has.
      Which columns say what is declared beside them in yml: meta.attribute gives the attribute, a row of
      `seeds/identity/survivorship_rules.csv`. The record's key is made as in record_identifiers.
      records: staging model -> {seen_at: its column that tells when the record was seen so, verified: condition under
      which what the record says was verified; false if none is given}.
    -#}
    {%- set selects = [] -%}
    {%- for model_name, record in records.items() -%}
        {%- set relation = ref(model_name) -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] if execute else {'columns': {}} -%}
        {%- for column in node.columns.values() if column.config.meta.get('attribute') -%}
            {%- set select -%}
    select
        '{{ node.sources[0][0] }}' as source_name,
        '{{ node.sources[0][1] }}' as table_name,
        concat_ws('|', {{ node.config.unique_key | join(', ') }}) as record_id,
        '{{ column.config.meta.attribute }}' as attribute,
        cast({{ column.name }} as varchar) as attribute_value,
        cast({{ record.seen_at }} as timestamp) as seen_at,
        {{ record.get('verified', 'false') }} as is_verified
    from {{ relation }}
    where {{ column.name }} is not null
            {%- endset -%}
            {%- do selects.append(select) -%}
        {%- else -%}
            {%- if execute -%}
                {{ exceptions.raise_compiler_error(
                    model_name ~ ' declares no attribute: add `meta: {attribute: ...}` to a column of its yml'
                ) }}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ selects | join('\n    union all\n') }}
{% endmacro %}
