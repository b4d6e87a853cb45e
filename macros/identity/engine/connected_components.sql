{% macro connected_components(edges, labels) -%}
    {#-
      Find the connected components of a graph by contraction, in as many rounds as they are deep, logarithmically.

      edges: work table (a, b), each edge in one direction, a != b. It is consumed.
      labels: work table to make: (node, label), a row for every node that has an edge; label is the smallest node
      of its component.

      Each round every node points to the smallest of itself and its neighbours, edges are rewritten to what their
      ends point to, and those within one group vanish. The smallest node of a component always points to itself, so it
      is what remains. Then the pointers are composed backwards. (Bögeholz, Brand and Todor 2020, "In-database
      connected component analysis", with the smallest key in place of a random one: keys are hashes already.)
    -#}
    {%- set work = namespace(edges=edges, round=0, rest=query_value('select count(*) from ' ~ edges)) -%}
    {%- for attempt in range(200) if work.rest > 0 -%}
        {%- set work.round = work.round + 1 -%}
        {%- set pointers = labels ~ '_' ~ work.round -%}
        {{- create_work_table(pointers,
            'select node, least(node, min(neighbour)) as label from (select a as node, b as neighbour from ' ~ work.edges
            ~ ' union all select b as node, a as neighbour from ' ~ work.edges ~ ') as both_ways group by node'
        ) -}}
        {#- The ends are compared when both are known: `p.label != q.label` would be taken for a join condition, and p and q
            joined with each other before anything else. -#}
        {{- create_work_table(labels ~ '_edges_' ~ work.round,
            'select a, b from (select least(p.label, q.label) as a, greatest(p.label, q.label) as b from ' ~ work.edges
            ~ ' as edges inner join ' ~ pointers ~ ' as p on edges.a = p.node inner join ' ~ pointers
            ~ ' as q on edges.b = q.node) as rewritten where a != b group by a, b'
        ) -}}
        {{- drop_work_table(work.edges) -}}
        {%- set work.edges = labels ~ '_edges_' ~ work.round -%}
        {%- set work.rest = query_value('select count(*) from ' ~ work.edges) -%}
    {%- endfor -%}
    {%- if work.rest > 0 -%}
        {{ exceptions.raise_compiler_error(
            'Components did not converge: ' ~ work.rest ~ ' edges are left after ' ~ work.round ~ ' rounds. This is a fault of Cardinal; please report it.'
        ) }}
    {%- endif -%}
    {{- drop_work_table(work.edges) -}}
    {%- if work.round == 0 -%}
        {{- create_work_table(labels, 'select 0::ubigint as node, 0::ubigint as label where false') -}}
    {%- endif -%}
    {%- for number in range(work.round, 0, -1) -%}
        {%- set pointers = labels ~ '_' ~ number -%}
        {{- create_work_table(labels,
            'select p.node, p.label from ' ~ pointers ~ ' as p' if number == work.round else
            'select p.node, coalesce(further.label, p.label) as label from ' ~ pointers ~ ' as p left join '
            ~ labels ~ ' as further on p.label = further.node'
        ) -}}
        {{- drop_work_table(pointers) -}}
    {%- endfor -%}
{%- endmacro %}
