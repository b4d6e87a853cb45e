{% macro follow_pointers(pending, marks, members, pointers) -%}
    {#-
      Let clusters become the ones they point to: in the pending links (those within one cluster are settled), in what
      is held, in the members. pointers: work table (node, root). Other work tables as in admit_links.
    -#}
    {{- create_work_table(pending,
        'select coalesce(pa.root, p.a) as a, coalesce(pb.root, p.b) as b, p.record_key, p.value_key, p.link_rank from '
        ~ pending ~ ' as p left join ' ~ pointers ~ ' as pa on p.a = pa.node left join ' ~ pointers
        ~ ' as pb on p.b = pb.node where coalesce(pa.root, p.a) != coalesce(pb.root, p.b)'
    ) -}}
    {{- create_work_table(marks,
        'select coalesce(p.root, m.label) as label, m.limit_key, m.value_key, m.seen_date, m.max_count, m.window_days from '
        ~ marks ~ ' as m left join ' ~ pointers ~ ' as p on m.label = p.node group by all'
    ) -}}
    {{- create_work_table(members,
        'select m.node, coalesce(p.root, m.label) as label from ' ~ members ~ ' as m left join ' ~ pointers ~ ' as p on m.label = p.node'
    ) -}}
{%- endmacro %}
