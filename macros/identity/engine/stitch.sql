{% macro stitch(links, limits, clusters, refused, work, tallies=none) -%}
    {#-
      Stitch records into people. What it does is said in docs/identity.md; each step is a macro beside this one.

      links: relation, one row per record and value: record_key, value_key (64-bit keys), type_no (the type's priority;
      0 for a must-link, which two records show),
      joins_as ('person', 'reach', or null for a fact), link_rank (order of admission, unique),
      limit_key (null, or what the fact counts for instead of its type), seen_date.
      limits: relation (limit_key, max_count, window_days): by type_no; limit_keys() has the pseudo types.
      clusters: work table to make: (record_key, linked_key, person_key, reach_key), a row per record that has a link
      that isn't a fact; each key is the smallest record_key of its group.
      refused: work table to make: (record_key, value_key, limit_key, own_value_key, competing_value_key,
      competing_record_key).
      work: prefix of the names of work tables.
      tallies: work table to make for restitch, as tally_components says; none for none.
    -#}
    {{- create_work_table(refused,
        'select 0::ubigint as record_key, 0::ubigint as value_key, 0::ubigint as limit_key, 0::ubigint as own_value_key, '
        ~ '0::ubigint as competing_value_key, 0::ubigint as competing_record_key where false'
    ) -}}
    {%- set given = links -%}
    {%- set has_decisions = query_value('select count(*) from ' ~ links ~ ' where type_no = 0') > 0 -%}
    {%- set links = unite_must_links(given, limits, refused, work) if has_decisions else given -%}
    {%- set has_weak = query_value('select count(*) from ' ~ links ~ " where joins_as = 'reach'") > 0 -%}
    {%- set has_limits = has_weak or query_value('select count(*) from ' ~ links ~ ' where joins_as is null') > 0
        or query_value('select count(*) from ' ~ limits) > 0 -%}
    {%- if not has_decisions -%}
        {{- create_work_table(work ~ '_unmarked', 'select 0::ubigint as value_key where false') -}}
    {%- endif -%}
    {{- connect_persons(links, work) -}}
    {%- if has_limits -%}
        {{- stitch_persons(links, limits, refused, work, none if has_weak else tallies) -}}
    {%- endif -%}
    {%- if has_weak -%}
        {{- stitch_reach(links, limits, refused, work, tallies) -}}
    {%- endif -%}
    {%- if tallies and not has_limits -%}
        {%- set strict = 'select coalesce(p.label, v.first_record) as label, coalesce(p.label, v.first_record) as value_key from '
            ~ work ~ '_person_values as v left join ' ~ work ~ '_person_labels as p on v.first_record = p.node' -%}
        {%- set nothing = 'select 0::ubigint as label, 0::ubigint as limit_key, 0::ubigint as value_key, 0 as type_no where false' -%}
        {{- tally_components(nothing, nothing, strict, limits, nothing, tallies) -}}
    {%- endif -%}
    {#- Records that share nothing: the only ones on their values, which are fewer than the links. -#}
    {%- set labels, values = work ~ '_person_labels', work ~ '_person_values' -%}
    {%- if has_weak -%}
        {%- set alone = 'select l.record_key from ' ~ links ~ ' as l anti join ' ~ labels ~ ' as p on l.record_key = p.node where l.joins_as is not null' -%}
    {%- else -%}
        {%- set record = 'label' if has_limits else 'first_record' -%}
        {%- set alone = 'select v.' ~ record ~ ' as record_key from ' ~ values ~ ' as v anti join ' ~ labels ~ ' as p on v.' ~ record ~ ' = p.node' -%}
    {%- endif -%}
    {{- create_work_table(clusters,
        'select r.record_key, ' ~ ('coalesce(l.label, r.label)' if has_weak else 'r.label') ~ ' as linked_key, '
        ~ ('coalesce(dp.label, r.label)' if has_limits else 'r.label') ~ ' as person_key, '
        ~ ('coalesce(dr.label, l.label, r.label)' if has_weak else 'coalesce(dp.label, r.label)' if has_limits else 'r.label')
        ~ ' as reach_key from (select node as record_key, label from ' ~ labels
        ~ ' union all select record_key, record_key as label from (' ~ alone ~ ' group by record_key) as alone) as r'
        ~ (' left join ' ~ work ~ '_person_records as dp on r.record_key = dp.record_key' if has_limits else '')
        ~ (' left join ' ~ work ~ '_reach_labels as l on r.label = l.node left join ' ~ work
        ~ '_reach_records as dr on r.record_key = dr.record_key' if has_weak else '')
    ) -}}
    {%- if has_decisions -%}
        {{- spread_must_links(given, clusters, refused, work) -}}
        {%- if tallies -%}
            {%- do run_query(
                'insert into ' ~ tallies ~ ' select distinct c.linked_key, 0, 0, null from ' ~ given ~ ' as l inner join '
                ~ clusters ~ ' as c on l.record_key = c.record_key where l.type_no = 0'
            ) -%}
        {%- endif -%}
    {%- endif -%}
    {%- for name in ('person_labels', 'person_values', 'person_members', 'person_records', 'facts', 'reach_labels', 'reach_records', 'unmarked') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}
{%- endmacro %}
