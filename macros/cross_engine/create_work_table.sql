{% macro create_work_table(name, query) -%}
    {#-
      Keep the result of a query for the next steps of the same run. In DuckDB a temporary table: it never touches the
      warehouse file, and spills to disk beyond the memory limit. Elsewhere an ordinary table that is replaced.
      The query may read the table that it replaces.
    -#}
    {{ return(adapter.dispatch('create_work_table', 'cardinal')(name, query)) }}
{%- endmacro %}

{% macro default__create_work_table(name, query) -%}
    {%- do run_query('create or replace table ' ~ name ~ ' as ' ~ query) -%}
{%- endmacro %}

{% macro duckdb__create_work_table(name, query) -%}
    {%- do run_query('create or replace temporary table ' ~ name ~ ' as ' ~ query) -%}
{%- endmacro %}
