{% materialization constrained_components, default -%}
    {#-
      A table of records with the groups they are in (see macros/identity/engine/stitch.sql), kept up to date by solving
      again only what changed. Beside it: <name>__refused, the links that a limit refused, <name>__tallies, what a day
      must know of components that only grow, and <name>__state, what was seen. Everything happens in one transaction.

      The model's SQL gives the links. The model must read int_identity__record_identifiers (arrivals),
      int_identity__blocked_values and identifier_rules (limits) as well; they are looked up by ref.
    -#}
    {%- set target = this.incorporate(type='table') -%}
    {%- set refused = target.incorporate(path={'identifier': this.identifier ~ '__refused'}) -%}
    {%- set tallies = target.incorporate(path={'identifier': this.identifier ~ '__tallies'}) -%}
    {%- set state = target.incorporate(path={'identifier': this.identifier ~ '__state'}) -%}
    {%- set work = 'cardinal_' ~ this.identifier -%}
    {%- set record_identifiers, rules = ref('int_identity__record_identifiers'), ref('identifier_rules') -%}
    {%- set links, limits = '(' ~ sql ~ ')', identity_limits(rules) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {#- The first statement begins the transaction; those of run_query join it. -#}
    {%- call statement('begin') -%} select 1 {%- endcall -%}
    {{- identity_state(record_identifiers, links, ref('int_identity__blocked_values'), rules, work ~ '_seen_now') -}}
    {%- set ran_before = namespace(value=not should_full_refresh()) -%}
    {%- for relation in (target, refused, tallies, state) if adapter.get_relation(relation.database, relation.schema, relation.identifier) is none -%}
        {%- set ran_before.value = false -%}
    {%- endfor -%}
    {%- if ran_before.value -%}
        {{- create_work_table(work ~ '_seen', 'select kind, name, key, seen_at from ' ~ state) -}}
        {%- set ran_before.value = query_value(
            "select count(*) from " ~ work ~ "_seen as s inner join " ~ work ~ "_seen_now as n on s.kind = n.kind and s.name = n.name where s.kind = 'rules'"
        ) > 0 -%}
    {%- endif -%}

    {%- if ran_before.value -%}
        {{- changed_records(record_identifiers, links, work ~ '_seen', work ~ '_changed') -}}
        {%- if query_value('select count(*) from ' ~ work ~ '_changed') > 0 -%}
            {{- restitch(target, refused, tallies, links, work ~ '_changed', limits, work) -}}
        {%- endif -%}
    {%- else -%}
        {{- create_work_table(work ~ '_links', sql) -}}
        {{- stitch(work ~ '_links', limits, work ~ '_clusters', work ~ '_refused', work ~ '_stitch', work ~ '_tallies') -}}
        {%- do run_query('create or replace table ' ~ target ~ ' as select * from ' ~ work ~ '_clusters') -%}
        {%- do run_query('create or replace table ' ~ refused ~ ' as select * from ' ~ work ~ '_refused') -%}
        {%- do run_query('create or replace table ' ~ tallies ~ ' as select * from ' ~ work ~ '_tallies') -%}
        {%- for name in ('links', 'clusters', 'refused', 'tallies') -%}
            {{- drop_work_table(work ~ '_' ~ name) -}}
        {%- endfor -%}
    {%- endif -%}
    {%- call statement('main') -%}
        create or replace table {{ state }} as select kind, name, key, seen_at from {{ work }}_seen_now
    {%- endcall -%}
    {%- for name in ('seen', 'seen_now', 'changed') -%}
        {{- drop_work_table(work ~ '_' ~ name) -}}
    {%- endfor -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target]}) }}
{%- endmaterialization %}
