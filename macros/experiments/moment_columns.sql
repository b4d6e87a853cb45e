{% macro moment_columns(names=['value', 'per', 'value_before', 'per_before']) -%}
    {#-
      Count, sums, sums of squares and of products of what is known of a subject: all that statistics need of an arm
      (cardinal/experiments/aggregates.py).
    -#}
    count(*) as subject_count,
    {% for name in names -%}
    {{ exact_sum(name) }} as {{ name }}_sum,
    {{ exact_sum(name ~ " * " ~ name) }} as {{ name }}_square_sum,
    {% endfor -%}
    {% set pairs = [] -%}
    {% for name in names -%}
        {% for other in names[loop.index:] -%}
            {% do pairs.append((name, other)) -%}
        {% endfor -%}
    {% endfor -%}
    {% for name, other in pairs -%}
    {{ exact_sum(name ~ " * " ~ other) }} as {{ name }}_{{ other }}_sum{{ ', ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
