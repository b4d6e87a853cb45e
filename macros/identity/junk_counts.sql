{% macro junk_counts(model_name) %}
    {#-
      How many values of each contact column of a staging model were written, and how many were junk, as rows.
      A column takes part by having an `is_<column>_junk` beside it.
    -#}
    {%- set relation = ref(model_name) -%}
    {%- if execute -%}
        {%- set node = graph.nodes['model.cardinal.' ~ model_name] -%}
        {%- for flag in node.columns if flag.startswith('is_') and flag.endswith('_junk') %}
            {%- set column = flag | replace('is_', '', 1) | replace('_junk', '') %}
    select
        '{{ node.sources[0][0] }}' as source_name,
        '{{ node.sources[0][1] }}' as table_name,
        '{{ column }}' as column_name,
        count(*) as record_count,
        count({{ column }}) as valid_count,
        count(*) filter (where {{ flag }}) as junk_count
    from {{ relation }}
        {{ 'union all' if not loop.last }}
        {%- endfor -%}
    {%- endif -%}
{% endmacro %}
