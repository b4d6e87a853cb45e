{% macro query_value(query) -%}
    {#- The first value of the first row of a query. -#}
    {{ return(run_query(query).rows[0][0]) }}
{%- endmacro %}
