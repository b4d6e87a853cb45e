{% macro normalise_code(column, values, synonyms={}) -%}
    {#-
      The one of a closed set of values that was meant, whatever its case; anything else is null.
      values: what may come out. synonyms: other writings (lower case) -> the value they stand for.
    -#}
    case lower(trim({{ column }}))
        {%- for value in values %} when '{{ value | lower }}' then '{{ value }}'{% endfor %}
        {%- for writing, value in synonyms.items() %} when '{{ writing }}' then '{{ value }}'{% endfor %} end
{%- endmacro %}
