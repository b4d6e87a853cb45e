{% macro timestamp_from_micros(micros) -%}
    {#- The UTC timestamp of a count of microseconds since 1970. -#}
    {{ return(adapter.dispatch('timestamp_from_micros', 'cardinal')(micros)) }}
{%- endmacro %}

{% macro default__timestamp_from_micros(micros) -%}
    timestamp_micros({{ micros }})
{%- endmacro %}

{% macro duckdb__timestamp_from_micros(micros) -%}
    make_timestamp({{ micros }})
{%- endmacro %}
