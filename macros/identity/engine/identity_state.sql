{% macro identity_state(record_identifiers, links, blocked_values, rules, state) -%}
    {#-
      What the identity engine has seen, so that the next run knows what is new: (kind, name, key, seen_at).
      arrived: the newest arrival of each source table; blocked: each blocked value; decision: each record that a
      must-link or cannot-link names; rules: a hash of the rules, of what the columns declare,
      and of the engine's version. A change of the last
      means that everything is stitched anew.
    -#}
    {%- set version = '3' -%}
    {{- create_work_table(state,
        "select 'arrived' as kind, source_name || '.' || table_name as name, null::ubigint as key, max(ingested_at) as seen_at from "
        ~ record_identifiers ~ " group by source_name, table_name "
        ~ "union all select 'blocked' as kind, identifier_type as name, value_key as key, null::timestamp as seen_at from " ~ blocked_values
        ~ " union all select 'decision' as kind, cast(value_key as varchar) as name, record_key as key, null::timestamp as seen_at from " ~ links
        ~ " where type_no = 0 or limit_key is not null "
        ~ "union all select 'rules' as kind, md5('" ~ version ~ "' || string_agg(cast(r as varchar), '|' order by r.identifier_type) || (select coalesce(min(declared_as) || max(declared_as), '') from " ~ record_identifiers ~ ")) as name, null::ubigint as key, null::timestamp as seen_at from "
        ~ rules ~ " as r"
    ) -}}
{%- endmacro %}
