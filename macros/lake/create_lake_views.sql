{% macro create_lake_views() %}
    {#-
      Make each contracted table of the lake a view named like its dbt source, so that sources are ordinary
      relations: unit tests can read their columns, and on another engine they are that engine's tables.
      The files are listed once (lake_files), so that all models of a run see the same lake: what is ingested meanwhile
      waits for the next run. A list costs a scan nothing; a condition on _ingested_at would have to be read.
    -#}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'seed', 'snapshot', 'show', 'compile', 'retry'] -%}
        {%- set lake = env_var('CARDINAL_HOME', 'data') ~ '/lake' -%}
        {%- do run_query('create schema if not exists lake') -%}
        {{- list_lake_files(lake) -}}
        {%- set present = {} -%}
        {%- for row in run_query(
            "select source_name || '.' || table_name, string_agg(chr(39) || replace(file, chr(39), chr(39) || chr(39)) || chr(39), ', ' order by file) "
            ~ 'from ' ~ lake_files() ~ ' group by source_name, table_name'
        ).rows -%}
            {%- do present.update({row[0]: row[1]}) -%}
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
                ~ ' as select * from read_parquet([' ~ present[node.source_name ~ '.' ~ node.name]
                ~ '], hive_partitioning = true, union_by_name = true)'
            ) -%}
        {%- endfor -%}
        {{- check_lake_columns() -}}
    {%- endif -%}
{% endmacro %}
