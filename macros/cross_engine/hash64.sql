{% macro hash64(text) -%}
    {#-
      A fast key of 64 bits for a text, or for several with commas between them, to group and join by within one query. It may
      differ between engines and versions, so nothing keeps it (key64 is for keeping). Two of 10 million texts share one with a
      probability of 3 in a million.
    -#}
    {{ return(adapter.dispatch('hash64', 'cardinal')(text)) }}
{%- endmacro %}

{% macro default__hash64(text) -%}
    xxhash64({{ text }})
{%- endmacro %}

{% macro duckdb__hash64(text) -%}
    hash({{ text }})
{%- endmacro %}
