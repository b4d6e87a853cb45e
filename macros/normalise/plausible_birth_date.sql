{% macro plausible_birth_date(column) -%}
    {#- The date of birth, or null if nobody alive can have it: before 1900, or after the row arrived (as years of the Buddhist era are). -#}
    case when {{ column }} between date '1900-01-01' and cast(_ingested_at as date) then {{ column }} end
{%- endmacro %}
