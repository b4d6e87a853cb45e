{% macro part_to_the_cent(amount, part_no, part_count) -%}
    {#-
      Part part_no (from 1) of part_count equal parts of an amount. What doesn't divide is handed out by cents, in the order of
      the parts, so that they always add up to the amount.
    -#}
    cast(
        (
            cast({{ amount }} * 100 as hugeint) * {{ part_no }} // {{ part_count }}
            - cast({{ amount }} * 100 as hugeint) * ({{ part_no }} - 1) // {{ part_count }}
        ) * cast(0.01 as decimal(3, 2)) as decimal(18, 2)
    )
{%- endmacro %}
