{% macro nfc(text) -%}
    {#- Unicode normal form C. ANSI SQL has normalize(); DuckDB has its own name for it. -#}
    {{ return(adapter.dispatch('nfc', 'cardinal')(text)) }}
{%- endmacro %}

{% macro default__nfc(text) -%}
    normalize({{ text }}, nfc)
{%- endmacro %}

{% macro duckdb__nfc(text) -%}
    nfc_normalize({{ text }})
{%- endmacro %}
