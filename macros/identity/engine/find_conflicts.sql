{% macro find_conflicts(links, marks, conflicts) -%}
    {#-
      Pairs of clusters that would break a limit together, with the limit (of several the strongest) and a value of
      each side for it: where one is allowed, they are the two that contradict each other.

      links: work table with (a, b). marks: as in admit_links. conflicts: work table to make: (a, b, limit_key,
      a_value_key, b_value_key), a being the smaller of the pair.
    -#}
    {{- create_work_table(conflicts ~ '_pairs',
        'select row_number() over (order by a, b) as label, a, b from (select least(a, b) as a, greatest(a, b) as b from '
        ~ links ~ ' where a in (select label from ' ~ marks ~ ') and b in (select label from ' ~ marks ~ ') group by 1, 2) as ends'
    ) -}}
    {%- set columns = 'held.limit_key, held.value_key, held.seen_date, held.max_count, held.window_days' -%}
    {{- create_work_table(conflicts ~ '_united',
        'select pairs.label, ' ~ columns ~ ' from ' ~ conflicts ~ '_pairs as pairs inner join ' ~ marks
        ~ ' as held on pairs.a = held.label union all select pairs.label, ' ~ columns ~ ' from ' ~ conflicts
        ~ '_pairs as pairs inner join ' ~ marks ~ ' as held on pairs.b = held.label'
    ) -}}
    {{- broken_limits(conflicts ~ '_united', conflicts ~ '_broken') -}}
    {#- A limit is broken by two that both hold something of it; a contradiction within one is its own affair. One side is
        looked up after the other: joined at once, DuckDB may begin with what has the limit in common, which is nearly everything. -#}
    {{- create_work_table(conflicts ~ '_named',
        'select pairs.a, pairs.b, broken.limit_key from ' ~ conflicts ~ '_broken as broken inner join '
        ~ conflicts ~ '_pairs as pairs on broken.label = pairs.label'
    ) -}}
    {{- create_work_table(conflicts ~ '_named',
        'select named.a, named.b, named.limit_key, min(held.value_key) as a_value_key from ' ~ conflicts ~ '_named as named inner join '
        ~ marks ~ ' as held on named.a = held.label and named.limit_key = held.limit_key group by named.a, named.b, named.limit_key'
    ) -}}
    {{- create_work_table(conflicts,
        'select a, b, min(limit_key) as limit_key, min_by(a_value_key, limit_key) as a_value_key, min_by(b_value_key, limit_key) as b_value_key '
        ~ 'from (select named.a, named.b, named.limit_key, min(named.a_value_key) as a_value_key, max(held.value_key) as b_value_key from '
        ~ conflicts ~ '_named as named inner join ' ~ marks ~ ' as held on named.b = held.label and named.limit_key = held.limit_key '
        ~ 'group by named.a, named.b, named.limit_key) as both_sides group by a, b'
    ) -}}
    {%- for name in ('pairs', 'united', 'broken', 'named') -%}
        {{- drop_work_table(conflicts ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
