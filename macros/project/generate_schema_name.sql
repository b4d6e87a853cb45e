{% macro generate_schema_name(custom_schema_name, node) -%}
    {#- The folder's schema as it is written, without dbt's prefix: marts.customer_360. -#}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}
