{% macro evidence_columns(evidence) -%}
    {#-
      The columns evidence_count and evidence_sources of an indicator.
      evidence: For each kind of evidence, by the word that people read, the SQL condition of its being there.
    -#}
    cast(
            {%- for condition in evidence.values() %}
            {{ '+ ' if not loop.first }}cast({{ condition }} as integer)
            {%- endfor %}
        as integer) as evidence_count,
        concat_ws(
            ', '
            {%- for word, condition in evidence.items() %},
            case when {{ condition }} then '{{ word }}' end
            {%- endfor %}
        ) as evidence_sources
{%- endmacro %}
