{% macro experiment_bucket(seed, unit) -%}
    {#- The place of a unit in an experiment, 0 to 0.9999: version 2 of GrowthBook's hash. Both are expressions. -#}
    {%- set once = 'cast(' ~ fnv32a('cast(' ~ seed ~ ' as varchar) || cast(' ~ unit ~ ' as varchar)') ~ ' as varchar)' -%}
    (({{ fnv32a(once) }} % 10000) / 10000.0)
{%- endmacro %}
