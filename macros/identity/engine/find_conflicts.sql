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
    {#- A limit is broken by two that both hold something of it; a contradiction within one is its own affair. -#}
    {%- set held = '(select label, limit_key, min(value_key) as smallest, max(value_key) as largest from ' ~ marks ~ ' group by label, limit_key)' -%}
    {{- create_work_table(conflicts,
        'select pairs.a, pairs.b, min(broken.limit_key) as limit_key, min_by(ha.smallest, broken.limit_key) as a_value_key, '
        ~ 'min_by(hb.largest, broken.limit_key) as b_value_key from ' ~ conflicts ~ '_broken as broken inner join '
        ~ conflicts ~ '_pairs as pairs on broken.label = pairs.label inner join ' ~ held
        ~ ' as ha on pairs.a = ha.label and broken.limit_key = ha.limit_key inner join ' ~ held
        ~ ' as hb on pairs.b = hb.label and broken.limit_key = hb.limit_key group by pairs.a, pairs.b'
    ) -}}
    {%- for name in ('pairs', 'united', 'broken') -%}
        {{- drop_work_table(conflicts ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
