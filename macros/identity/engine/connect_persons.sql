{% macro connect_persons(links, work) -%}
    {#-
      Components of records over strong links, as if there were no limits. Leaves the work tables
      person_values (value_key, type_no, first_record, record_count) of all strong values, and
      person_labels (node, label) of all records that share one.
    -#}
    {{- create_work_table(work ~ '_person_values',
        'select value_key, min(type_no) as type_no, min(record_key) as first_record, count(*) as record_count from '
        ~ links ~ " where joins_as = 'person' group by value_key"
    ) -}}
    {#- A value on n records is a star of n - 1 edges from the smallest of them; values themselves are no nodes. -#}
    {{- create_work_table(work ~ '_edges',
        'select l.record_key as a, v.first_record as b from ' ~ links ~ ' as l inner join ' ~ work
        ~ "_person_values as v on l.value_key = v.value_key where l.joins_as = 'person' and v.record_count > 1 and l.record_key != v.first_record"
    ) -}}
    {{- connected_components(work ~ '_edges', work ~ '_person_labels') -}}
{%- endmacro %}
