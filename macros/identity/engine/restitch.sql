{% macro restitch(clusters, refused, tallies, links, changed, limits, work) -%}
    {#-
      Bring a stitching up to date after some records changed: look at what they reach, and nothing else. The unit
      is the component over all links, refused ones included (linked_key), because decisions in one never depend on
      another. Components that only grow are settled from what they were (grow_components), the others solved again
      from their links. The result equals a full stitching.

      clusters, refused, tallies: tables as stitch makes them; changed in place.
      links, limits: as in stitch, as they are now.
      changed: work table (record_key): records that are new, gone, or show other values than before.
    -#}
    {{- grow_components(clusters, links, changed, limits, tallies, work) -}}
    {{- create_work_table(work ~ '_links', 'select l.* from ' ~ links ~ ' as l semi join ' ~ work ~ '_touched as t on l.record_key = t.record_key') -}}
    {{- stitch(work ~ '_links', limits, work ~ '_clusters', work ~ '_refused', work ~ '_stitch', work ~ '_tallies') -}}
    {%- do run_query(
        'delete from ' ~ clusters ~ ' where record_key in (select record_key from ' ~ work ~ '_touched union all select record_key from ' ~ work ~ '_grown)'
    ) -%}
    {%- do run_query('insert into ' ~ clusters ~ ' select * from ' ~ work ~ '_clusters union all select * from ' ~ work ~ '_grown') -%}
    {%- do run_query('delete from ' ~ refused ~ ' where record_key in (select record_key from ' ~ work ~ '_touched)') -%}
    {%- do run_query('insert into ' ~ refused ~ ' select * from ' ~ work ~ '_refused') -%}
    {%- do run_query('delete from ' ~ tallies ~ ' where linked_key in (select linked_key from ' ~ work ~ '_stale)') -%}
    {%- do run_query('insert into ' ~ tallies ~ ' select * from ' ~ work ~ '_tallies union all select * from ' ~ work ~ '_grown_tallies') -%}
    {%- for name in ('stale', 'touched', 'grown', 'grown_tallies', 'links', 'clusters', 'refused', 'tallies') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
