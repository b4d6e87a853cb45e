{% macro regexp_replace_all(text, pattern, replacement) -%}
    {#- Replace every match. DuckDB replaces the first one only unless told 'g'; Spark replaces all. -#}
    {{ return(adapter.dispatch('regexp_replace_all', 'cardinal')(text, pattern, replacement)) }}
{%- endmacro %}

{% macro default__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, r'{{ pattern }}', r'{{ replacement }}')
{%- endmacro %}

{% macro duckdb__regexp_replace_all(text, pattern, replacement) -%}
    regexp_replace({{ text }}, '{{ pattern }}', '{{ replacement }}', 'g')
{%- endmacro %}
