{% macro broken_components(values, facts, limits, broken) -%}
    {#-
      Which components hold more than a limit allows. Nearly none do, so each pass looks only at what could: values of
      types of which one is allowed, components that hold more values than the smallest other limit, and facts that
      differ. A limit within a window is looked at as if it were for ever: at worst a component is admitted link by
      link without need.

      values: relation (label, type_no), a row per component and value in it. facts: relation (label, limit_key,
      value_key). limits: as in stitch. broken: work table to make: (label, limit_key).
    -#}
    {%- set any = limit_keys().any -%}
    {%- set smallest = query_value('select min(max_count) from ' ~ limits ~ ' where max_count > 1') -%}
    {%- set large = 'select label from ' ~ values ~ ' group by label having count(*) > ' ~ (smallest if smallest else 'cast(1e18 as bigint)') -%}
    {{- create_work_table(broken ~ '_tallies',
        'select label, limit_key, count(*) as value_count from (select label, cast(type_no as ubigint) as limit_key from ' ~ values
        ~ ' where type_no in (select limit_key from ' ~ limits ~ ' where max_count = 1) union all '
        ~ 'select v.label, cast(v.type_no as ubigint) as limit_key from ' ~ values ~ ' as v semi join (' ~ large
        ~ ') as large on v.label = large.label where v.type_no in (select limit_key from ' ~ limits ~ ' where max_count > 1) union all '
        ~ 'select v.label, ' ~ any ~ ' as limit_key from ' ~ values ~ ' as v semi join (' ~ large
        ~ ') as large on v.label = large.label where v.type_no > 0) as held group by label, limit_key'
    ) -}}
    {{- create_work_table(broken ~ '_facts',
        'select label, limit_key from ' ~ facts ~ ' group by label, limit_key having min(value_key) != max(value_key)'
    ) -}}
    {{- create_work_table(broken,
        'select t.label, t.limit_key from ' ~ broken ~ '_tallies as t inner join ' ~ limits
        ~ ' as n on t.limit_key = n.limit_key where t.value_count > n.max_count union all '
        ~ 'select f.label, f.limit_key from ' ~ facts ~ ' as f semi join ' ~ broken
        ~ '_facts as differing on f.label = differing.label and f.limit_key = differing.limit_key left join ' ~ limits
        ~ ' as n on f.limit_key = n.limit_key group by f.label, f.limit_key having count(distinct f.value_key) > coalesce(min(n.max_count), 1)'
    ) -}}
    {{- drop_work_table(broken ~ '_tallies') -}}
    {{- drop_work_table(broken ~ '_facts') -}}
{%- endmacro %}
