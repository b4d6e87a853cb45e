{% macro average_of_month(key) -%}
    {#-
      The average of a month's balance at its beginning and end, in a row with closing_balance_amount and is_opened_in_month.
      Where the beginning isn't known, in the first month of data, the end stands for both.
    -#}
    cast((
        coalesce(
            lag(closing_balance_amount) over (partition by {{ key }} order by month_end_date),
            case when is_opened_in_month then 0 else closing_balance_amount end
        ) + closing_balance_amount
    ) * cast(0.5 as decimal(2, 1)) as decimal(18, 2))
{%- endmacro %}
