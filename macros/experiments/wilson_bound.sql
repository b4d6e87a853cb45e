{% macro wilson_bound(rate, count, sign) -%}
    {#-
      The lower (-) or upper (+) bound of a share by its score (Wilson), 95 of 100: it holds with few people too.
    -#}
    (
        {{ rate }} + 1.9207294103 / {{ count }}
        {{ sign }} 1.9599639845 * sqrt(greatest({{ rate }} * (1 - {{ rate }}), 0) / {{ count }} + 0.9603647052 / ({{ count }} * {{ count }}))
    ) / (1 + 3.8414588207 / {{ count }})
{%- endmacro %}
