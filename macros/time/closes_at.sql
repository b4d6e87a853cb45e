{% macro closes_at(month_end_date) -%}
    {#- The instant (UTC) at which a month is closed: what arrived before it was known at closing. See known_month. -#}
    {{ return(local_midnight('cast(' ~ month_end_date ~ ' + ' ~ (var('month_closing_days') + 1) ~ ' as date)')) }}
{%- endmacro %}
