{% macro person_id_of_first_record() -%}
    {#-
      Aggregate: the person id that a group of records gets, from the record that arrived first.
      Arrivals are compared by day: within a delivery they differ by the order of loading only.
      Needs source_name, table_name, record_id and first_ingested_at.
    -#}
    'p' || left(md5(min_by(
        source_name || '.' || table_name || ':' || record_id,
        (
            cast(first_ingested_at as date),
            not (source_name = 'core_banking' and table_name = 'customers'),
            source_name, table_name, record_id
        )
    )), 24)
{%- endmacro %}
