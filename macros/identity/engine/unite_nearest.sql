{% macro unite_nearest(pending, marks, members) -%}
    {#-
      Unite clusters without marks with their nearest neighbour (the link of smallest rank), and pairs of marked
      clusters that are each other's nearest. Work tables as in admit_links.
    -#}
    {%- set choices =
        'with nearest as (select label, min(link_rank) as link_rank from (select a as label, link_rank from ' ~ pending
        ~ ' union all select b as label, link_rank from ' ~ pending ~ ') as ends group by label), choices as (select p.a, p.b, p.link_rank = na.link_rank as nearest_of_a, p.link_rank = nb.link_rank as nearest_of_b, '
        ~ 'p.a in (select label from ' ~ marks ~ ') as a_is_marked, p.b in (select label from ' ~ marks ~ ') as b_is_marked '
        ~ 'from ' ~ pending ~ ' as p inner join nearest as na on p.a = na.label inner join '
        ~ 'nearest as nb on p.b = nb.label where p.link_rank = na.link_rank or p.link_rank = nb.link_rank)' -%}
    {#- Of a pair that points at each other the smaller one stays; a marked cluster moves only in such a pair. -#}
    {{- create_work_table(pending ~ '_pointers',
        choices ~ ' select node, min(root) as root from ('
        ~ 'select a as node, b as root from choices where nearest_of_a and '
        ~ '((not a_is_marked and not (nearest_of_b and not b_is_marked and a < b)) '
        ~ 'or (a_is_marked and b_is_marked and nearest_of_b and a > b)) '
        ~ 'union all '
        ~ 'select b as node, a as root from choices where nearest_of_b and '
        ~ '((not b_is_marked and not (nearest_of_a and not a_is_marked and b < a)) '
        ~ 'or (a_is_marked and b_is_marked and nearest_of_a and b > a))'
        ~ ') as pointers group by node'
    ) -}}
    {%- set work = namespace(longer=query_value('select count(*) from ' ~ pending ~ '_pointers')) -%}
    {%- for doubling in range(64) if work.longer > 0 -%}
        {%- set work.longer = query_value(
            'select count(*) from ' ~ pending ~ '_pointers as p semi join ' ~ pending ~ '_pointers as q on p.root = q.node'
        ) -%}
        {%- if work.longer > 0 -%}
            {{- create_work_table(pending ~ '_pointers',
                'select p.node, coalesce(q.root, p.root) as root from ' ~ pending ~ '_pointers as p left join '
                ~ pending ~ '_pointers as q on p.root = q.node'
            ) -}}
        {%- endif -%}
    {%- endfor -%}
    {%- if query_value('select count(*) from ' ~ pending ~ '_pointers') > 0 -%}
        {{- follow_pointers(pending, marks, members, pending ~ '_pointers') -}}
    {%- endif -%}
{%- endmacro %}
