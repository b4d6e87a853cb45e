{% macro rate_of(part, whole) -%}
    {#- The share of a part, between 0 and 1; null where the whole isn't above zero. A part that is null is none. -#}
    cast(case when {{ whole }} > 0 then least(greatest(coalesce({{ part }}, 0) / {{ whole }}, 0), 1) end as double)
{%- endmacro %}
