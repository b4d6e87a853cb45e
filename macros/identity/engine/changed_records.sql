{% macro changed_records(record_identifiers, links, state, changed) -%}
    {#-
      Records whose part in identity may have changed since the state was written: a version or a deletion has
      arrived, a value they show was blocked or freed, somebody decided about them, a link of theirs expired.

      record_identifiers, links: the models. state: work table as identity_state makes it, of the last run, with the new
      one beside it under the name state ~ '_now'. changed: work table to make: (record_key).
    -#}
    {%- set now = state ~ '_now' -%}
    {%- set differs = "(select name, key from (select name, key from " ~ state ~ " where kind = 'KIND' union all select name, key from "
        ~ now ~ " where kind = 'KIND') as both_sides group by name, key having count(*) = 1)" -%}
    {{- create_work_table(changed ~ '_values', differs | replace('KIND', 'blocked')) -}}
    {#- Nearly every day no value is blocked or freed, and the values of all records needn't be read. -#}
    {%- set has_values = query_value('select count(*) from ' ~ changed ~ '_values') > 0 -%}
    {{- create_work_table(changed,
        "select i.record_key from " ~ record_identifiers ~ " as i left join " ~ state ~ " as s on s.kind = 'arrived' and "
        ~ "s.name = i.source_name || '.' || i.table_name where s.seen_at is null or i.ingested_at > s.seen_at "
        ~ ("union select i.record_key from " ~ record_identifiers ~ " as i semi join " ~ changed ~ "_values as v on i.value_key = v.key " if has_values else "")
        ~ "union select key as record_key from " ~ (differs | replace('KIND', 'decision')) ~ " as d "
        ~ "union select l.record_key from " ~ links ~ " as l where l.expires_date > (select cast(max(seen_at) as date) from " ~ state
        ~ " where kind = 'arrived') and l.expires_date <= (select cast(max(seen_at) as date) from " ~ now ~ " where kind = 'arrived')"
    ) -}}
    {{- drop_work_table(changed ~ '_values') -}}
{%- endmacro %}
