{% macro funnel_since(declaration) -%}
    {#- The SQL condition of an event that may begin a funnel: in the last days that its declaration names, if it does. -#}
    {%- if declaration['entered_in_last_days'] is none -%}
        true
    {%- else -%}
        occurred_at >= (
            select {{ local_midnight('as_of_date + 1') }} - interval {{ declaration['entered_in_last_days'] }} day
            from {{ ref('int_customer__as_of') }}
        )
    {%- endif -%}
{%- endmacro %}
