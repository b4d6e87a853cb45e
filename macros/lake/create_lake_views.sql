{% macro create_lake_views() %}
    {#-
      Make each contracted table of the lake a view named like its dbt source, so that sources are ordinary
      relations: unit tests can read their columns, and on another engine they are that engine's tables.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'seed', 'snapshot', 'show', 'compile', 'retry'] -%}
        {%- set lake = env_var('CARDINAL_HOME', 'data') ~ '/lake' -%}
        {%- set found = run_query(
            "select distinct split_part(file, '/', -4) as source_name, split_part(file, '/', -3) as table_name"
            ~ " from glob('" ~ lake ~ "/[a-z]*/[a-z]*/ingest_date=*/*.parquet')"
        ) -%}
        {%- set present = [] -%}
        {%- for row in found.rows -%}
            {%- do present.append(row[0] ~ '.' ~ row[1]) -%}
        {%- endfor -%}
        {%- for name, begun in market_of_home().items() if env_var('CARDINAL_' ~ name | upper, '') not in ['', begun] -%}
            {{ exceptions.raise_compiler_error(
                'CARDINAL_' ~ name | upper ~ ' is ' ~ env_var('CARDINAL_' ~ name | upper) ~ ', but this home was begun with '
                ~ begun ~ ': unset it, or take another CARDINAL_HOME for another bank.'
            ) }}
        {%- endfor -%}
        {%- for node in graph.sources.values() | sort(attribute='unique_id') -%}
            {%- if node.source_name ~ '.' ~ node.name not in present -%}
                {{ exceptions.raise_compiler_error(
                    ('There is no lake under ' ~ lake ~ ' yet: run `make demo`, or put files into the inbox and run `cardinal ingest`.')
                    if not present else
                    ('The lake lacks ' ~ node.source_name ~ '.' ~ node.name ~ ', which has a contract: run `cardinal ingest`.')
                ) }}
            {%- endif -%}
            {%- do run_query('create schema if not exists ' ~ node.source_name) -%}
            {%- do run_query(
                'create or replace view ' ~ node.source_name ~ '.' ~ node.name
                ~ " as select * from read_parquet('" ~ lake ~ '/' ~ node.source_name ~ '/' ~ node.name
                ~ "/*/*.parquet', hive_partitioning = true, union_by_name = true)"
            ) -%}
        {%- endfor -%}
        {{- check_lake_columns() -}}
    {%- endif -%}
{% endmacro %}
