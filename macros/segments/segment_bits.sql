{% macro segment_bits(names) %}
    {#-
      Rows of segments and a bit for each, for sets of segments as one number: a column `segment`, a column `bit`. There is
      room for the first 126 of the names; who uses them has a slower way for the others.
    -#}
    select names.segment, cast(1 as hugeint) << names.segment_no as bit
    from (values
        {%- for name in names[:126] %}
        ('{{ name }}', {{ loop.index0 }}){{ '' if loop.last else ',' }}
        {%- endfor %}
    ) as names (segment, segment_no)
{%- endmacro %}
