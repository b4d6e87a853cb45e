{% macro junk_counts(models) %}
    {#-
      How many values of each contact column were written, and how many were junk, as rows.
      A column takes part by having an `is_<column>_junk` beside it.
      models: names of staging models.
    -#}
    {%- set selects = [] -%}
    {%- for model_name in models -%}
        {%- set relation = ref(model_name) -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] if execute else {'columns': {}} -%}
        {%- for flag in node.columns if flag.startswith('is_') and flag.endswith('_junk') -%}
            {%- set column = flag | replace('is_', '', 1) | replace('_junk', '') -%}
            {%- set select -%}
    select
        '{{ node.sources[0][0] }}' as source_name,
        '{{ node.sources[0][1] }}' as table_name,
        '{{ column }}' as column_name,
        count(*) as record_count,
        count({{ column }}) as valid_count,
        count(*) filter (where {{ flag }}) as junk_count
    from {{ relation }}
            {%- endset -%}
            {%- do selects.append(select) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ selects | join('\n    union all\n') }}
{% endmacro %}
