{% macro limit_keys() -%}
    {#- Keys of the limits that aren't an identifier type's own: all values of a person, and strict persons in a reach. -#}
    {{ return({'strict_person': 98, 'any': 99}) }}
{%- endmacro %}
