{% macro admit_group(work, refused, phase) -%}
    {#-
      Decide the pending links of one phase of stitch and keep what came of it: members, records with the smallest
      record of their cluster, and the refusals with their reason. The reason is looked up when all is decided, so that
      it depends on nothing but content.

      Reads the work tables pending (a, b, record_key, value_key, link_rank, and what the caller needs) and marks;
      makes <phase>_members (node, label) and <phase>_records (record_key, label), consumes the rest.
    -#}
    {%- set members, records, pending = work ~ '_' ~ phase ~ '_members', work ~ '_' ~ phase ~ '_records', work ~ '_pending' -%}
    {{- create_work_table(members, 'select a as node, a as label from ' ~ pending ~ ' union select b as node, b as label from ' ~ pending) -}}
    {{- create_work_table(work ~ '_refusals', 'select 0::ubigint as record_key, 0::ubigint as value_key where false') -}}
    {{- create_work_table(work ~ '_open', 'select a, b, record_key, value_key, link_rank from ' ~ pending ~ ' where a != b') -}}
    {{- admit_links(work ~ '_open', work ~ '_marks', members, work ~ '_refusals') -}}
    {#- A cluster is called by the smallest of its records from here on; one of a lone value keeps the value's key. -#}
    {{- create_work_table(records,
        'select p.record_key, min(p.record_key) over (partition by m.label) as label, m.label as cluster from (select record_key, a from '
        ~ pending ~ ' group by record_key, a) as p inner join ' ~ members ~ ' as m on p.a = m.node'
    ) -}}
    {{- create_work_table(work ~ '_names', 'select cluster, min(label) as name from ' ~ records ~ ' group by cluster') -}}
    {{- create_work_table(work ~ '_ends',
        'select ma.label as a, mb.label as b, p.record_key, p.value_key from ' ~ pending ~ ' as p semi join ' ~ work
        ~ '_refusals as f on p.record_key = f.record_key and p.value_key = f.value_key inner join ' ~ members
        ~ ' as ma on p.a = ma.node inner join ' ~ members ~ ' as mb on p.b = mb.node where p.a != p.b'
    ) -}}
    {{- find_conflicts(work ~ '_ends', work ~ '_marks', work ~ '_conflicts') -}}
    {#- Where the other side is a value that is nobody's, no record competes. -#}
    {%- do run_query(
        'insert into ' ~ refused ~ ' select f.record_key, f.value_key, c.limit_key, '
        ~ 'case when f.a = c.a then c.a_value_key else c.b_value_key end as own_value_key, '
        ~ 'case when f.a = c.a then c.b_value_key else c.a_value_key end as competing_value_key, n.name as competing_record_key from '
        ~ work ~ '_ends as f inner join ' ~ work ~ '_conflicts as c on least(f.a, f.b) = c.a and greatest(f.a, f.b) = c.b left join '
        ~ work ~ '_names as n on f.b = n.cluster'
    ) -%}
    {{- create_work_table(members,
        'select m.node, coalesce(n.name, m.label) as label from ' ~ members ~ ' as m left join ' ~ work ~ '_names as n on m.label = n.cluster'
    ) -}}
    {%- for name in ('pending', 'names', 'refusals', 'marks', 'open', 'ends', 'conflicts') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
