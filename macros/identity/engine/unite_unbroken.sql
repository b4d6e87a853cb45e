{% macro unite_unbroken(pending, marks, members, share) -%}
    {#-
      Unite at once what the links of smallest rank connect without breaking a limit.
      share: which part of each linked region's links is looked at, 1.0 for all of them.
      Returns whether anything was united. Work tables as in admit_links.
    -#}
    {%- set edges = 'select least(a, b) as a, greatest(a, b) as b from ' -%}
    {{- create_work_table(pending ~ '_edges', edges ~ pending ~ ' group by 1, 2') -}}
    {{- connected_components(pending ~ '_edges', pending ~ '_regions') -}}
    {%- if share < 1 -%}
        {{- create_work_table(pending ~ '_first',
            'select p.a, p.b from ' ~ pending ~ ' as p inner join ' ~ pending ~ '_regions as r on p.a = r.node '
            ~ 'qualify row_number() over (partition by r.label order by p.link_rank, p.record_key) <= 1 + '
            ~ 'cast(floor(' ~ share ~ ' * (count(*) over (partition by r.label) - 1)) as bigint)'
        ) -}}
        {{- create_work_table(pending ~ '_edges', edges ~ pending ~ '_first group by 1, 2') -}}
        {{- connected_components(pending ~ '_edges', pending ~ '_regions') -}}
    {%- endif -%}
    {{- create_work_table(pending ~ '_held',
        'select r.label, m.limit_key, m.value_key, m.seen_date, m.max_count, m.window_days from ' ~ marks
        ~ ' as m inner join ' ~ pending ~ '_regions as r on m.label = r.node'
    ) -}}
    {{- broken_limits(pending ~ '_held', pending ~ '_broken') -}}
    {{- create_work_table(pending ~ '_pointers',
        'select node, label as root from ' ~ pending ~ '_regions as r anti join ' ~ pending
        ~ '_broken as b on r.label = b.label where node != label'
    ) -}}
    {%- set united = query_value('select count(*) from ' ~ pending ~ '_pointers') -%}
    {%- if united > 0 -%}
        {{- follow_pointers(pending, marks, members, pending ~ '_pointers') -}}
    {%- endif -%}
    {{ return(united > 0) }}
{%- endmacro %}
