{% macro mart_databases() -%}
    {#- The databases in which marts are built: attached by profiles.yml, published as a whole by `cardinal publish`. -#}
    {{- return(['serving', 'restricted']) -}}
{%- endmacro %}
