{% macro stitch_reach(links, limits, refused, work, tallies=none) -%}
    {#-
      The second half of stitch: weak links widen persons to reach, at most one strict person in each. Reads what
      stitch_persons leaves; leaves reach_labels (node, label): components over everything as if there were no limits,
      by the labels of the first half; reach_records (record_key, label) of components that break a limit.
    -#}
    {%- set values, labels, facts = work ~ '_person_values', work ~ '_person_labels', work ~ '_facts' -%}
    {%- set weak, linked, broken = work ~ '_weak', work ~ '_reach_labels', work ~ '_broken' -%}
    {#- Weak values with the strict components that show them; a value that is also linked strongly is one node. -#}
    {{- create_work_table(weak,
        'select coalesce(p.label, l.record_key) as unit, l.value_key, l.type_no from ' ~ links ~ ' as l left join '
        ~ labels ~ " as p on l.record_key = p.node where l.joins_as = 'reach'"
    ) -}}
    {{- create_work_table(weak ~ '_both', 'select label as unit, value_key, type_no from ' ~ values ~ ' as v semi join ' ~ weak ~ ' as w on v.value_key = w.value_key') -}}
    {%- do run_query('insert into ' ~ weak ~ ' select unit, value_key, type_no from ' ~ weak ~ '_both') -%}
    {{- create_work_table(weak ~ '_values',
        'select value_key, min(type_no) as type_no, min(unit) as first_unit, max(unit) as last_unit from ' ~ weak ~ ' group by value_key'
    ) -}}
    {{- create_work_table(work ~ '_edges',
        'select w.unit as a, v.first_unit as b from ' ~ weak ~ ' as w inner join ' ~ weak
        ~ '_values as v on w.value_key = v.value_key where v.first_unit != v.last_unit and w.unit != v.first_unit group by w.unit, v.first_unit'
    ) -}}
    {{- drop_work_table(weak) -}}
    {{- connected_components(work ~ '_edges', linked) -}}
    {{- create_work_table(work ~ '_units',
        'select v.type_no, coalesce(r.label, v.first_unit) as label from ' ~ weak ~ '_values as v left join ' ~ linked
        ~ ' as r on v.first_unit = r.node anti join ' ~ weak ~ '_both as b on v.value_key = b.value_key union all '
        ~ 'select v.type_no, coalesce(r.label, v.label) as label from ' ~ values ~ ' as v left join ' ~ linked ~ ' as r on v.label = r.node'
    ) -}}
    {#- A fact of its own for each strict person, so that two of them contradict each other; where limits parted what
        strong links connect, there are several as well. -#}
    {%- set strict_person = limit_keys().strict_person -%}
    {{- create_work_table(work ~ '_contradictions',
        'select coalesce(r.label, f.label) as label, f.limit_key, f.value_key from ' ~ facts ~ ' as f left join ' ~ linked
        ~ ' as r on f.label = r.node union all select r.label, ' ~ strict_person ~ ' as limit_key, r.node as value_key from '
        ~ linked ~ ' as r semi join ' ~ values ~ ' as v on r.node = v.label'
    ) -}}
    {{- broken_components(work ~ '_units', work ~ '_contradictions', limits, broken) -}}
    {%- do run_query(
        'insert into ' ~ broken ~ ' select coalesce(r.label, p.label, d.record_key) as label, ' ~ strict_person
        ~ ' as limit_key from ' ~ work ~ '_person_records as d left join ' ~ labels ~ ' as p on d.record_key = p.node left join '
        ~ linked ~ ' as r on coalesce(p.label, d.record_key) = r.node group by all'
    ) -%}
    {%- if tallies -%}
        {{- tally_components(
            'select label, type_no from ' ~ work ~ '_units',
            'select label, limit_key, value_key from ' ~ work ~ '_contradictions where limit_key != ' ~ strict_person,
            'select coalesce(r.label, v.label) as label, v.label as value_key from (select label from ' ~ values
            ~ ' group by label) as v left join ' ~ linked ~ ' as r on v.label = r.node', limits, 'select label from ' ~ broken, tallies
        ) -}}
    {%- endif -%}
    {%- for name in ('units', 'contradictions', 'weak_both', 'weak_values') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}
    {{- gather_reach(links, limits, work) -}}
    {{- admit_group(work, refused, 'reach') -}}
    {{- drop_work_table(work ~ '_reach_members') -}}
{%- endmacro %}
