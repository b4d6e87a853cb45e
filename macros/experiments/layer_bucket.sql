{% macro layer_bucket(layer, unit) -%}
    {#- The place of a unit in a layer, 0 to 0.999: version 1 of GrowthBook's hash, as its namespaces use it. -#}
    (({{ fnv32a('cast(' ~ unit ~ " as varchar) || '__' || cast(" ~ layer ~ ' as varchar)') }} % 1000) / 1000.0)
{%- endmacro %}
