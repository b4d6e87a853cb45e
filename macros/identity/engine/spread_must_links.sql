{% macro spread_must_links(links, clusters, refused, work) -%}
    {#- Give what was found of a group of must-linked records to each record of it. The counterpart of unite_must_links. -#}
    {%- set must = work ~ '_must_records' -%}
    {{- create_work_table(clusters ~ '_spread',
        'select c.record_key, c.linked_key, c.person_key, c.reach_key from ' ~ clusters ~ ' as c anti join ' ~ must
        ~ ' as m on c.record_key = m.record_key union all '
        ~ 'select m.record_key, coalesce(c.linked_key, m.label) as linked_key, coalesce(c.person_key, m.label) as person_key, '
        ~ 'coalesce(c.reach_key, m.label) as reach_key from ' ~ must ~ ' as m left join ' ~ clusters ~ ' as c on m.label = c.record_key'
    ) -}}
    {{- create_work_table(refused ~ '_spread',
        'select coalesce(o.record_key, f.record_key) as record_key, f.value_key, f.limit_key, f.own_value_key, '
        ~ 'f.competing_value_key, f.competing_record_key from ' ~ refused ~ ' as f left join '
        ~ '(select m.label, m.record_key, l.value_key from ' ~ must ~ ' as m inner join ' ~ links ~ ' as l on m.record_key = l.record_key) as o '
        ~ 'on f.record_key = o.label and f.value_key = o.value_key'
    ) -}}
    {#- What refused must-links part was decided together all the same. -#}
    {{- create_work_table(work ~ '_edges',
        'select linked_key as a, first_key as b from (select c.linked_key, min(c.linked_key) over (partition by l.value_key) as first_key from '
        ~ links ~ ' as l inner join ' ~ clusters ~ '_spread as c on l.record_key = c.record_key where l.type_no = 0) as decided '
        ~ 'where linked_key != first_key group by a, b'
    ) -}}
    {{- connected_components(work ~ '_edges', work ~ '_must_linked') -}}
    {%- do run_query(
        'update ' ~ clusters ~ '_spread as c set linked_key = m.label from ' ~ work ~ '_must_linked as m where c.linked_key = m.node'
    ) -%}
    {%- for table in (clusters, refused) -%}
        {{- drop_work_table(table) -}}
        {%- do run_query('alter table ' ~ table ~ '_spread rename to ' ~ table) -%}
    {%- endfor -%}
    {%- for name in ('records', 'links', 'facts', 'linked') -%}
        {{- drop_work_table(work ~ '_must_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
