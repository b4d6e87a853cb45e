{% macro amount_or_whether(amount, metric_kind) -%}
    {#- What a subject's outcomes add up to; for a proportion, whether there were any. -#}
    case {{ metric_kind }}
        when 'proportion' then cast(coalesce({{ amount }}, 0) > 0 as double) else coalesce({{ amount }}, 0)
    end
{%- endmacro %}
