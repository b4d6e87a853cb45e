{% macro matches_fully(text, pattern) -%}
    {#- Whether the whole text matches a regular expression (the part that RE2 and Java have in common). -#}
    {{ return(adapter.dispatch('matches_fully', 'cardinal')(text, pattern)) }}
{%- endmacro %}

{% macro default__matches_fully(text, pattern) -%}
    ({{ text }} rlike r'^(?:{{ pattern }})$')
{%- endmacro %}

{% macro duckdb__matches_fully(text, pattern) -%}
    regexp_full_match({{ text }}, '{{ pattern }}')
{%- endmacro %}
