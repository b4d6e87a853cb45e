{% macro first_match(candidates, pattern) -%}
    {#- The first of several expressions that matches a pattern as a whole, else null. The pattern is written once. -#}
    {{ return(adapter.dispatch('first_match', 'cardinal')(candidates, pattern)) }}
{%- endmacro %}

{% macro default__first_match(candidates, pattern) -%}
    get(filter(array({{ candidates | join(', ') }}), x -> x rlike r'^(?:{{ pattern }})$'), 0)
{%- endmacro %}

{% macro duckdb__first_match(candidates, pattern) -%}
    list_filter([{{ candidates | join(', ') }}], lambda x: regexp_full_match(x, '{{ pattern }}'))[1]
{%- endmacro %}
