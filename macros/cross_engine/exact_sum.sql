{% macro exact_sum(expression, digits=6) -%}
    {#- The sum of an expression to so many decimals, the same in whatever order the rows come; sums of doubles aren't. -#}
    cast(sum(cast({{ expression }} as decimal(38, {{ digits }}))) as double)
{%- endmacro %}
