{% macro drop_work_table(name) -%}
    {#- Free what create_work_table keeps. -#}
    {%- do run_query('drop table if exists ' ~ name) -%}
{%- endmacro %}
