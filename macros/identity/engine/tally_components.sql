{% macro tally_components(values, facts, strict, limits, broken, tallies) -%}
    {#-
      What a day must know of a component to tell whether it can grow without a limit being at stake (grow_components).

      values: query (label, type_no), a row per component and value in it. facts: query (label, limit_key, value_key).
      strict: query (label, value_key): the strict persons of each component. limits: as in stitch. broken: query (label):
      components that were decided link by link.
      tallies: work table to make: (linked_key, limit_key, value_count, value_key): how many values count for a limit,
      where they are more than tally_floor; each fact and strict person; limit_key 0 for broken ones.
    -#}
    {%- set any, strict_person = limit_keys().any, limit_keys().strict_person -%}
    {%- set limited = '(select limit_key, max_count from ' ~ limits ~ ')' -%}
    {{- create_work_table(tallies,
        'select held.label as linked_key, held.limit_key, held.value_count, null::ubigint as value_key from ('
        ~ 'select label, cast(type_no as ubigint) as limit_key, count(*) as value_count from (' ~ values ~ ') as typed '
        ~ 'where type_no in (select limit_key from ' ~ limited ~ ' as n) group by label, type_no union all '
        ~ 'select label, ' ~ any ~ ' as limit_key, count(*) as value_count from (' ~ values ~ ') as all_types where type_no > 0 '
        ~ 'and ' ~ any ~ ' in (select limit_key from ' ~ limited ~ ' as n) group by label'
        ~ ') as held inner join ' ~ limited ~ ' as n on held.limit_key = n.limit_key where held.value_count > ' ~ tally_floor('n.max_count')
        ~ ' union all select label, limit_key, 1, value_key from (' ~ facts ~ ') as f group by label, limit_key, value_key '
        ~ 'union all select label, ' ~ strict_person ~ ', 1, value_key from (' ~ strict ~ ') as s group by label, value_key '
        ~ 'union all select label, 0, 0, null from (' ~ broken ~ ') as b group by label'
    ) -}}
{%- endmacro %}
