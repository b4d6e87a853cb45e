{% macro tally_floor(max_count) -%}
    {#- As many values as a component is taken to have of a limit's if nothing is noted: what is far from a limit isn't worth a row. -#}
    ({{ max_count }} // 4)
{%- endmacro %}
