{% macro share_of(condition, base_amount) -%}
    {#- Share of spending (of rows of months) that meets a condition, between 0 and 1; null where there is no base. -#}
    cast(case when any_value({{ base_amount }}) > 0 then least(greatest(
        coalesce(sum(months.spending_amount) filter (where {{ condition }}), 0) / any_value({{ base_amount }}), 0
    ), 1) end as decimal(9, 6))
{%- endmacro %}
