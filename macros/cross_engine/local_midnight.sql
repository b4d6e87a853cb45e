{% macro local_midnight(date_column) -%}
    {#- The UTC timestamp at which a day begins in the bank's time zone. -#}
    {{ return(adapter.dispatch('local_midnight', 'cardinal')(date_column)) }}
{%- endmacro %}

{% macro default__local_midnight(date_column) -%}
    (cast({{ date_column }} as timestamp) at time zone '{{ setting("timezone") }}') at time zone 'UTC'
{%- endmacro %}
