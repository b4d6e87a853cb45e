{% macro restitch(clusters, refused, links, changed, limits, work) -%}
    {#-
      Bring a stitching up to date after some records changed: solve again what they reach, and nothing else. The unit
      is the component over all links, refused ones included (linked_key), because decisions in one never depend on
      another. The result equals a full stitching.

      clusters, refused: tables as stitch makes them; changed in place.
      links, limits: as in stitch, as they are now.
      changed: work table (record_key): records that are new, gone, or show other values than before.
    -#}
    {{- create_work_table(work ~ '_values', 'select value_key from ' ~ links ~ ' as l semi join ' ~ changed ~ ' as c on l.record_key = c.record_key where l.joins_as is not null group by value_key') -}}
    {{- create_work_table(work ~ '_reached',
        'select record_key from ' ~ changed ~ ' union select l.record_key from ' ~ links ~ ' as l semi join ' ~ work
        ~ '_values as v on l.value_key = v.value_key where l.joins_as is not null'
    ) -}}
    {{- create_work_table(work ~ '_components',
        'select linked_key from ' ~ clusters ~ ' as c semi join ' ~ work ~ '_reached as r on c.record_key = r.record_key group by linked_key'
    ) -}}
    {{- create_work_table(work ~ '_touched',
        'select record_key from ' ~ work ~ '_reached union select c.record_key from ' ~ clusters ~ ' as c semi join ' ~ work
        ~ '_components as t on c.linked_key = t.linked_key'
    ) -}}
    {{- create_work_table(work ~ '_links', 'select l.* from ' ~ links ~ ' as l semi join ' ~ work ~ '_touched as t on l.record_key = t.record_key') -}}
    {{- stitch(work ~ '_links', limits, work ~ '_clusters', work ~ '_refused', work ~ '_stitch') -}}
    {%- for table, fresh in ((clusters, work ~ '_clusters'), (refused, work ~ '_refused')) -%}
        {%- do run_query('delete from ' ~ table ~ ' where record_key in (select record_key from ' ~ work ~ '_touched)') -%}
        {%- do run_query('insert into ' ~ table ~ ' select * from ' ~ fresh) -%}
    {%- endfor -%}
    {%- for name in ('values', 'reached', 'components', 'touched', 'links', 'clusters', 'refused') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
