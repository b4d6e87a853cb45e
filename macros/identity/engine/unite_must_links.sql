{% macro unite_must_links(links, limits, refused, work) -%}
    {#-
      What people decided comes before everything else: records that a must-link unites are one record to all later
      steps, unless a cannot-link forbids it. What contradicts itself within such a group was decided upon: of its birth
      dates and of its values of a type that would be too many only the first counts from here on.

      Leaves must_records (record_key, label), the records that must-links name, and unmarked (value_key), the values
      that count for no limit. Returns the links as the rest of stitch is to see them, as a query.
    -#}
    {%- set must = work ~ '_must_records' -%}
    {{- create_work_table(work ~ '_pending',
        'select record_key as a, value_key as b, record_key, value_key, link_rank from ' ~ links ~ ' where type_no = 0'
    ) -}}
    {{- create_work_table(work ~ '_marks',
        'select record_key as label, limit_key, value_key, null::date as seen_date, 1 as max_count, null::integer as window_days from '
        ~ links ~ ' where limit_key is not null'
    ) -}}
    {{- admit_group(work, refused, 'must') -}}
    {{- drop_work_table(work ~ '_must_members') -}}
    {{- create_work_table(work ~ '_must_links',
        'select m.label as record_key, l.value_key, min(l.type_no) as type_no, min(l.joins_as) as joins_as, min(l.link_rank) as link_rank, '
        ~ 'min(l.limit_key) as limit_key, min(l.seen_date) as seen_date from ' ~ links ~ ' as l inner join ' ~ must
        ~ ' as m on l.record_key = m.record_key where l.type_no != 0 group by m.label, l.value_key'
    ) -}}
    {{- create_work_table(work ~ '_unmarked',
        'select value_key from (select m.value_key, row_number() over (partition by m.record_key, m.type_no order by m.link_rank, m.value_key) as position, '
        ~ 'count(*) over (partition by m.record_key, m.type_no) as value_count, n.max_count from ' ~ work
        ~ '_must_links as m inner join ' ~ limits ~ ' as n on m.type_no = n.limit_key where m.joins_as is not null) as counted '
        ~ 'where value_count > max_count and position > 1 group by value_key'
    ) -}}
    {{- create_work_table(work ~ '_must_facts',
        'select record_key, value_key from ' ~ work ~ '_must_links where joins_as is null '
        ~ 'qualify row_number() over (partition by record_key, coalesce(limit_key, type_no) order by link_rank, value_key) > 1'
    ) -}}
    {{ return(
        '(select l.record_key, l.value_key, l.type_no, l.joins_as, l.link_rank, l.limit_key, l.seen_date from ' ~ links
        ~ ' as l anti join ' ~ must ~ ' as m on l.record_key = m.record_key where l.type_no != 0 union all '
        ~ 'select l.record_key, l.value_key, l.type_no, l.joins_as, l.link_rank, l.limit_key, l.seen_date from ' ~ work
        ~ '_must_links as l anti join ' ~ work ~ '_must_facts as f on l.record_key = f.record_key and l.value_key = f.value_key)'
    ) }}
{%- endmacro %}
