{% macro normalise_gender(column) -%}
    {#- F, M or X; anything else is null. -#}
    {{ normalise_code(column, ['F', 'M', 'X'], {'female': 'F', 'male': 'M', 'other': 'X'}) }}
{%- endmacro %}
