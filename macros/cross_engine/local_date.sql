{% macro local_date(timestamp_column) -%}
    {#- The day on which a UTC timestamp fell in the bank's time zone. -#}
    {{ return(adapter.dispatch('local_date', 'cardinal')(timestamp_column)) }}
{%- endmacro %}

{% macro default__local_date(timestamp_column) -%}
    cast(({{ timestamp_column }} at time zone 'UTC') at time zone '{{ setting("timezone") }}' as date)
{%- endmacro %}
