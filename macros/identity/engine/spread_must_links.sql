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
    {%- for table in (clusters, refused) -%}
        {{- drop_work_table(table) -}}
        {%- do run_query('alter table ' ~ table ~ '_spread rename to ' ~ table) -%}
    {%- endfor -%}
    {%- for name in ('records', 'links', 'facts') -%}
        {{- drop_work_table(work ~ '_must_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
