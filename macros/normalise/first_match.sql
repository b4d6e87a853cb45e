{% macro first_match(candidates, pattern) -%}
    {#-
      The first of several expressions without blanks that matches a pattern as a whole, else ''.
      They are laid side by side between blanks, so that a long pattern is written, and compiled, once.
    -#}
    trim(regexp_extract({% for candidate in candidates %}'  ' || {{ candidate }} || {% endfor %}'  ', ' (?:{{ pattern }}) '))
{%- endmacro %}
