{% macro person_id_of_record(address, generation) -%}
    {#-
      The id of a person whom a record names: a hash of the record's address, never of a personal value.
      address: 'source.table:record_id'.
      generation: how many ids the record has named before; another than the first is salted with it, because an id
      that has gone to somebody else is never given again.
    -#}
    'p' || left(md5({{ address }} || case when {{ generation }} > 0 then '#' || {{ generation }} else '' end), 24)
{%- endmacro %}
