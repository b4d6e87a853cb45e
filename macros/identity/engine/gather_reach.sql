{% macro gather_reach(links, limits, work) -%}
    {#-
      Pending links and marks of the components whose weak links must be admitted one by one. Persons are nodes here;
      a value that strong links gave to a person is that person. Part of stitch_reach.
    -#}
    {%- set labels = work ~ '_person_labels' -%}
    {{- create_work_table(work ~ '_shown',
        'select l.record_key, l.value_key, l.link_rank, l.type_no, l.joins_as, l.seen_date, c.label, '
        ~ 'coalesce(dr.label, p.label, l.record_key) as person, '
        ~ 'coalesce(dv.label, v.label, l.value_key) as holder from ' ~ links ~ ' as l left join '
        ~ labels ~ ' as p on l.record_key = p.node left join ' ~ work
        ~ '_reach_labels as r on coalesce(p.label, l.record_key) = r.node inner join (select label from ' ~ work
        ~ '_broken group by label) as c on coalesce(r.label, p.label, l.record_key) = c.label left join '
        ~ work ~ '_person_records as dr on l.record_key = dr.record_key left join '
        ~ work ~ '_person_members as dv on l.value_key = dv.node left join '
        ~ work ~ '_person_values as v on l.value_key = v.value_key where l.joins_as is not null'
    ) -}}
    {{- create_work_table(work ~ '_pending',
        'select person as a, holder as b, record_key, value_key, link_rank from ' ~ work ~ "_shown where joins_as = 'reach' "
        ~ 'union all select person as a, person as b, record_key, value_key, link_rank from ' ~ work ~ "_shown where joins_as = 'person'"
    ) -}}
    {#- With their component at hand, facts are looked for by it: DuckDB might begin with all that have the limit in common. -#}
    {{- create_work_table(work ~ '_shown_facts',
        'select s.person, s.label, f.limit_key, f.value_key from (select record_key, person, label from ' ~ work
        ~ '_shown group by all) as s inner join ' ~ work ~ '_facts as f on s.record_key = f.record_key group by all'
    ) -}}
    {{- create_work_table(work ~ '_marks',
        'select s.holder as label, b.limit_key, s.value_key, '
        ~ 'case when n.window_days is not null then s.seen_date end as seen_date, n.max_count, n.window_days from '
        ~ work ~ '_shown as s inner join ' ~ work ~ '_broken as b on s.label = b.label and b.limit_key in (s.type_no, '
        ~ limit_keys().any ~ ') inner join ' ~ limits ~ ' as n on b.limit_key = n.limit_key where s.type_no > 0 and s.value_key not in (select value_key from '
        ~ work ~ '_unmarked) group by all union all '
        ~ 'select s.person as label, b.limit_key, s.person as value_key, null as seen_date, 1 as max_count, null as window_days from '
        ~ work ~ '_shown as s inner join ' ~ work ~ '_broken as b on s.label = b.label and b.limit_key = '
        ~ limit_keys().strict_person ~ " where s.joins_as = 'person' group by all union all "
        ~ 'select f.person as label, f.limit_key, f.value_key, null as seen_date, coalesce(n.max_count, 1) as max_count, null as window_days from '
        ~ work ~ '_shown_facts as f inner join ' ~ work
        ~ '_broken as b on f.label = b.label and f.limit_key = b.limit_key left join ' ~ limits
        ~ ' as n on f.limit_key = n.limit_key group by all'
    ) -}}
    {{- drop_work_table(work ~ '_shown') -}}
    {{- drop_work_table(work ~ '_shown_facts') -}}
    {{- drop_work_table(work ~ '_broken') -}}
{%- endmacro %}
