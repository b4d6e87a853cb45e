{% macro micros_of(timestamp_column) -%}
    {#- Microseconds from 1970 to a UTC timestamp; timestamp_from_micros is the way back. -#}
    {{ return(adapter.dispatch('micros_of', 'cardinal')(timestamp_column)) }}
{%- endmacro %}

{% macro default__micros_of(timestamp_column) -%}
    unix_micros({{ timestamp_column }})
{%- endmacro %}

{% macro duckdb__micros_of(timestamp_column) -%}
    epoch_us({{ timestamp_column }})
{%- endmacro %}
