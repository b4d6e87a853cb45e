{% macro write_nodes(database, states) -%}
    {#- Write how each node of the build ended into a file of marts; see build_nodes, which reads it. -#}
    {%- set rows = ["select null, null where false"] -%}
    {%- for unique_id, state in states.items() -%}
        {%- do rows.append("select '" ~ unique_id ~ "', '" ~ state ~ "'") -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace table ' ~ database ~ '.cardinal.nodes as select cast(unique_id as varchar) as unique_id, '
        ~ 'cast(state as varchar) as state from (' ~ rows | join(' union all ') ~ ') as listed(unique_id, state)'
    ) -%}
{%- endmacro %}
