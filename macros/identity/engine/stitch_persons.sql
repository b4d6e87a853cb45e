{% macro stitch_persons(links, limits, refused, work, tallies=none) -%}
    {#-
      The first half of stitch: strong links make persons within limits. Reads what connect_persons leaves, and leaves
      person_values (value_key, type_no, label) with the component of each strong value;
      facts (record_key, label, limit_key, value_key), label being the component of strong links;
      person_members (node, label): records and values of components that break a limit, with their clusters after
      admission; person_records (record_key, label): the records among them.
    -#}
    {%- set labels, values, facts, broken = work ~ '_person_labels', work ~ '_person_values', work ~ '_facts', work ~ '_broken' -%}
    {{- create_work_table(values,
        'select v.value_key, v.type_no, coalesce(p.label, v.first_record) as label from ' ~ values ~ ' as v left join '
        ~ labels ~ ' as p on v.first_record = p.node'
    ) -}}
    {{- create_work_table(facts,
        'select l.record_key, coalesce(p.label, l.record_key) as label, coalesce(l.limit_key, l.type_no) as limit_key, l.value_key from '
        ~ links ~ ' as l left join ' ~ labels ~ ' as p on l.record_key = p.node where l.joins_as is null'
    ) -}}
    {{- broken_components(values, facts, limits, broken) -}}
    {%- if tallies -%}
        {{- tally_components(
            'select label, type_no from ' ~ values, 'select label, limit_key, value_key from ' ~ facts,
            'select label, label as value_key from ' ~ values, limits, 'select label from ' ~ broken, tallies
        ) -}}
    {%- endif -%}
    {{- create_work_table(work ~ '_pending',
        'select l.record_key as a, l.value_key as b, l.record_key, l.value_key, l.link_rank, l.type_no, l.seen_date, v.label from '
        ~ links ~ ' as l inner join (select value_key, label from ' ~ values ~ ' where label in (select label from ' ~ broken
        ~ ")) as v on l.value_key = v.value_key where l.joins_as = 'person'"
    ) -}}
    {{- create_work_table(work ~ '_marks',
        'select l.value_key as label, b.limit_key, l.value_key, '
        ~ 'case when n.window_days is not null then l.seen_date end as seen_date, n.max_count, n.window_days from '
        ~ work ~ '_pending as l inner join ' ~ broken ~ ' as b on l.label = b.label inner join ' ~ limits
        ~ ' as n on b.limit_key = n.limit_key where (b.limit_key = l.type_no or (b.limit_key = ' ~ limit_keys().any ~ ' and l.type_no > 0)) and l.value_key not in (select value_key from ' ~ work ~ '_unmarked) group by all union all '
        ~ 'select f.record_key as label, f.limit_key, f.value_key, null as seen_date, coalesce(n.max_count, 1) as max_count, null as window_days from '
        ~ facts ~ ' as f inner join ' ~ broken ~ ' as b on f.label = b.label and f.limit_key = b.limit_key left join '
        ~ limits ~ ' as n on f.limit_key = n.limit_key group by all'
    ) -}}
    {{- drop_work_table(broken) -}}
    {{- admit_group(work, refused, 'person') -}}
{%- endmacro %}
