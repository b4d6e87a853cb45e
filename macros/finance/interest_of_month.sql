{% macro interest_of_month(balance, rate, days='day_count') -%}
    {#- What a rate a year makes of a balance in so many days, of 365, to the cent. -#}
    cast(round(cast({{ balance }} as decimal(20, 2)) * {{ rate }} * {{ days }} / 365, 2) as decimal(18, 2))
{%- endmacro %}
