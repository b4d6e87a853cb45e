{% macro mark_build(database, state, detail='') -%}
    {#-
      Write how the build stands into a file of marts, as the one row of cardinal.build that `cardinal publish` reads:

      build_id    dbt's invocation that built it
      state       building, passed, partial or failed (see end_build)
      detail      for people: what failed or was left out; null if nothing
      started_at, finished_at    UTC; finished_at is null while it is being built
      whole_started_at    UTC; when the run began that this one, and any between, go on with: what isn't selected is of then
    -#}
    {%- set began = "cast('" ~ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f') ~ "' as timestamp)" -%}
    {%- set marked = query_value(
        "select count(*) from duckdb_columns() where database_name = '" ~ database
        ~ "' and schema_name = 'cardinal' and table_name = 'build' and column_name = 'whole_started_at'"
    ) > 0 -%}
    {%- if state == 'building' and not continues_build() -%}
        {%- set whole = began -%}
    {%- else -%}
        {%- set whole = '(select max(whole_started_at) from ' ~ database ~ '.cardinal.build)' if marked else 'cast(null as timestamp)' -%}
    {%- endif -%}
    {%- set now = "cast(now() at time zone 'UTC' as timestamp)" -%}
    {%- do run_query(
        'create or replace table ' ~ database ~ ".cardinal.build as select '" ~ invocation_id ~ "' as build_id, '"
        ~ state ~ "' as state, nullif('" ~ detail | replace("'", "''") ~ "', '') as detail, " ~ began
        ~ ' as started_at, ' ~ ('cast(null as timestamp)' if state == 'building' else now) ~ ' as finished_at, '
        ~ whole ~ ' as whole_started_at'
    ) -%}
{%- endmacro %}
