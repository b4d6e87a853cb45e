{% macro grow_components(clusters, links, changed, limits, tallies, work) -%}
    {#-
      Part a day's changes into those that only make components grow or join, with no limit, decision or correction at
      stake, and the rest. The first are settled here: as no limit is broken by the whole, everything linked is one reach
      and all that strong links connect is one person, so it is enough to know the components, not their links. Part of restitch.

      Leaves the work tables
      touched (record_key): what has to be solved again from its links;
      grown (record_key, linked_key, person_key, reach_key): rows that are new or other than before;
      stale (linked_key), the components whose tallies go, and grown_tallies, which come in their place.
    -#}
    {%- set day, held, places, ends = work ~ '_day', work ~ '_held', work ~ '_places', work ~ '_ends' -%}
    {%- set linked, strict, reached, facts = work ~ '_linked', work ~ '_strict', work ~ '_reached', work ~ '_facts' -%}
    {%- set growing, broken = work ~ '_growing', work ~ '_broken' -%}
    {%- set any, strict_person = limit_keys().any, limit_keys().strict_person -%}
    {{- create_work_table(day,
        'select l.record_key, l.value_key, l.type_no, l.joins_as, coalesce(l.limit_key, l.type_no) as limit_key from ' ~ links
        ~ ' as l semi join ' ~ changed ~ ' as c on l.record_key = c.record_key'
    ) -}}
    {#- A record that isn't new shows where each value lies, and one that shows it strongly to which person it belongs. -#}
    {{- create_work_table(held,
        "select l.value_key, min(l.record_key) as record_key, min(l.record_key) filter (where l.joins_as = 'person') as strict_key from "
        ~ links ~ ' as l semi join (select value_key from ' ~ day ~ ' where joins_as is not null) as d on l.value_key = d.value_key anti join '
        ~ changed ~ ' as c on l.record_key = c.record_key where l.joins_as is not null group by l.value_key'
    ) -}}
    {{- create_work_table(places,
        'select c.record_key, c.linked_key, c.person_key, r.is_changed from ' ~ clusters
        ~ ' as c inner join (select record_key, false as is_changed from ' ~ held ~ ' union select strict_key, false from ' ~ held
        ~ ' where strict_key is not null union all select record_key, true from ' ~ changed ~ ') as r on c.record_key = r.record_key'
    ) -}}
    {{- create_work_table(ends,
        'select d.value_key, min(d.type_no) as type_no, coalesce(min(p.linked_key), min(d.record_key)) as node, '
        ~ "coalesce(min(s.person_key), min(d.record_key) filter (where d.joins_as = 'person')) as strict_node, "
        ~ 'count(h.value_key) = 0 as is_new from ' ~ day ~ ' as d left join ' ~ held ~ ' as h on d.value_key = h.value_key left join '
        ~ places ~ ' as p on h.record_key = p.record_key left join ' ~ places
        ~ ' as s on h.strict_key = s.record_key where d.joins_as is not null group by d.value_key'
    ) -}}
    {{- create_work_table(work ~ '_edges',
        'select d.record_key as a, e.node as b from ' ~ day ~ ' as d inner join ' ~ ends
        ~ ' as e on d.value_key = e.value_key where d.joins_as is not null and d.record_key != e.node union '
        ~ 'select record_key as a, linked_key as b from ' ~ places ~ ' where is_changed and record_key != linked_key'
    ) -}}
    {{- connected_components(work ~ '_edges', linked) -}}
    {{- create_work_table(work ~ '_edges',
        'select d.record_key as a, e.strict_node as b from ' ~ day ~ ' as d inner join ' ~ ends
        ~ " as e on d.value_key = e.value_key where d.joins_as = 'person' and d.record_key != e.strict_node group by a, b"
    ) -}}
    {{- connected_components(work ~ '_edges', strict) -}}
    {{- create_work_table(reached,
        'select p.linked_key, coalesce(g.label, p.linked_key) as label, bool_or(p.is_changed) as is_changed from ' ~ places
        ~ ' as p left join ' ~ linked ~ ' as g on p.linked_key = g.node group by all'
    ) -}}
    {{- create_work_table(work ~ '_known',
        'select r.linked_key, r.label, t.limit_key, t.value_count, t.value_key from ' ~ tallies ~ ' as t inner join '
        ~ reached ~ ' as r on t.linked_key = r.linked_key'
    ) -}}
    {{- create_work_table(facts,
        'select label, limit_key, value_key from ' ~ work ~ '_known where value_key is not null and limit_key != ' ~ strict_person
        ~ ' union select coalesce(g.label, d.record_key) as label, cast(d.limit_key as ubigint) as limit_key, d.value_key from ' ~ day ~ ' as d left join ' ~ linked
        ~ ' as g on d.record_key = g.node where d.joins_as is null'
        ~ ' union select k.label, k.limit_key, coalesce(s.label, k.value_key) as value_key from ' ~ work ~ '_known as k left join '
        ~ strict ~ ' as s on k.value_key = s.node where k.limit_key = ' ~ strict_person
        ~ ' union select coalesce(g.label, d.record_key) as label, ' ~ strict_person ~ ' as limit_key, coalesce(s.label, d.record_key) as value_key from '
        ~ day ~ ' as d left join ' ~ linked ~ ' as g on d.record_key = g.node left join ' ~ strict
        ~ " as s on d.record_key = s.node where d.joins_as = 'person'"
    ) -}}
    {#- Of what only gets records that show nothing new, no count changes. -#}
    {{- create_work_table(growing,
        'select label from ' ~ reached ~ ' group by label having count(*) > 1 or min(linked_key) != label '
        ~ 'union select coalesce(g.label, e.node) as label from ' ~ ends ~ ' as e left join ' ~ linked ~ ' as g on e.node = g.node where e.is_new '
        ~ 'union select f.label from ' ~ facts ~ ' as f anti join ' ~ work
        ~ '_known as k on f.label = k.label and f.limit_key = k.limit_key and f.value_key = k.value_key'
    ) -}}
    {#- How many values count for each limit at most: those that are known, the floor where none are, and the new ones. -#}
    {{- create_work_table(work ~ '_sums',
        'select s.label, s.limit_key, sum(s.value_count) as value_count, min(n.max_count) as max_count from ('
        ~ 'select k.label, k.limit_key, k.value_count - ' ~ tally_floor('n.max_count') ~ ' as value_count from ' ~ work
        ~ '_known as k inner join ' ~ limits ~ ' as n on k.limit_key = n.limit_key semi join ' ~ growing ~ ' as w on k.label = w.label where k.value_key is null union all '
        ~ 'select r.label, n.limit_key, ' ~ tally_floor('n.max_count') ~ ' as value_count from ' ~ reached ~ ' as r semi join ' ~ growing
        ~ ' as w on r.label = w.label cross join ' ~ limits ~ ' as n union all '
        ~ 'select coalesce(g.label, e.node) as label, n.limit_key, 1 as value_count from ' ~ ends ~ ' as e left join ' ~ linked
        ~ ' as g on e.node = g.node inner join ' ~ limits ~ ' as n on n.limit_key = e.type_no or (n.limit_key = ' ~ any
        ~ ' and e.type_no > 0) where e.is_new) as s inner join ' ~ limits ~ ' as n on s.limit_key = n.limit_key group by s.label, s.limit_key'
    ) -}}
    {{- create_work_table(broken,
        'select label from ' ~ reached ~ ' where is_changed union select label from ' ~ work ~ '_known where limit_key = 0 '
        ~ 'union select label from ' ~ work ~ '_sums where value_count > max_count '
        ~ 'union select f.label from ' ~ facts ~ ' as f left join ' ~ limits
        ~ ' as n on f.limit_key = n.limit_key group by f.label, f.limit_key having count(*) > coalesce(min(n.max_count), 1) '
        ~ 'union select coalesce(g.label, d.record_key) as label from ' ~ day ~ ' as d left join ' ~ linked
        ~ ' as g on d.record_key = g.node where d.type_no = 0'
    ) -}}
    {#- Rows that are to be solved again, or are called otherwise now; of all others nothing is even read. -#}
    {{- create_work_table(work ~ '_rows',
        'select c.record_key, c.person_key, r.label, r.is_broken from ' ~ clusters ~ ' as c inner join ('
        ~ 'select r.linked_key, r.label, r.label in (select label from ' ~ broken ~ ') as is_broken from ' ~ reached
        ~ ' as r left join (select k.linked_key from ' ~ work ~ '_known as k inner join ' ~ strict
        ~ ' as s on k.value_key = s.node where k.limit_key = ' ~ strict_person ~ ' and s.node != s.label group by k.linked_key) as renamed '
        ~ 'on r.linked_key = renamed.linked_key where renamed.linked_key is not null or r.label != r.linked_key '
        ~ 'or r.label in (select label from ' ~ broken ~ ')) as r on c.linked_key = r.linked_key'
    ) -}}
    {{- create_work_table(work ~ '_touched',
        'select record_key from ' ~ work ~ '_rows where is_broken union select c.record_key from ' ~ changed ~ ' as c left join '
        ~ linked ~ ' as g on c.record_key = g.node where coalesce(g.label, c.record_key) in (select label from ' ~ broken ~ ')'
    ) -}}
    {{- create_work_table(work ~ '_grown',
        'select r.record_key, r.label as linked_key, coalesce(s.label, r.person_key) as person_key, r.label as reach_key from '
        ~ work ~ '_rows as r left join ' ~ strict ~ ' as s on r.person_key = s.node where not r.is_broken union all '
        ~ 'select d.record_key, d.label as linked_key, coalesce(s.label, d.record_key) as person_key, d.label as reach_key from ('
        ~ 'select d.record_key, coalesce(g.label, d.record_key) as label from ' ~ day ~ ' as d left join ' ~ linked
        ~ ' as g on d.record_key = g.node where d.joins_as is not null group by all) as d left join ' ~ strict
        ~ ' as s on d.record_key = s.node anti join ' ~ broken ~ ' as b on d.label = b.label'
    ) -}}
    {{- create_work_table(work ~ '_grown_tallies',
        'select s.label as linked_key, s.limit_key, s.value_count, null::ubigint as value_key from ' ~ work ~ '_sums as s anti join '
        ~ broken ~ ' as b on s.label = b.label where s.value_count > ' ~ tally_floor('s.max_count')
        ~ ' union all select f.label, f.limit_key, 1, f.value_key from ' ~ facts ~ ' as f semi join ' ~ growing
        ~ ' as w on f.label = w.label anti join ' ~ broken ~ ' as b on f.label = b.label'
    ) -}}
    {#-
      What is tallied under a record's own key goes with it: that of one that shows nothing but facts and is in no component,
      and that of one that only a refused must-link ties to its component.
    -#}
    {{- create_work_table(work ~ '_stale',
        'select linked_key from ' ~ reached ~ ' where label in (select label from ' ~ growing ~ ') or label in (select label from ' ~ broken ~ ')'
        ~ ' union select record_key as linked_key from ' ~ changed ~ ' union select record_key as linked_key from ' ~ work ~ '_touched'
    ) -}}
    {%- for name in ('day', 'held', 'places', 'ends', 'linked', 'strict', 'reached', 'known', 'facts', 'growing', 'sums', 'broken', 'rows') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
