{% macro list_lake_files(lake) -%}
    {#-
      Write the table of the files that this run takes for the lake (lake_files).
      A run that continues a build (continues_build) lists anew only the tables whose staging models it builds: of the others
      staging holds what the list says, and the models that it does build must not know more than that.
    -#}
    {%- set listed -%}
        select split_part(file, '/', -4) as source_name, split_part(file, '/', -3) as table_name,
            try_cast(replace(split_part(file, '/', -2), 'ingest_date=', '') as date) as ingest_date, file
        from glob('{{ lake }}/[a-z]*/[a-z]*/ingest_date=*/*.parquet')
    {%- endset -%}
    {%- set has_list = query_value(
        "select count(*) from duckdb_tables() where schema_name || '.' || table_name = '" ~ lake_files() ~ "'"
    ) > 0 -%}
    {%- if continues_build() and has_list -%}
        {%- set read_now = ["''"] -%}
        {%- for node in graph.nodes.values() if node.unique_id in selected_resources and node.sources -%}
            {%- do read_now.append("'" ~ node.sources[0] | join('.') ~ "'") -%}
        {%- endfor -%}
        {%- do run_query(
            'create or replace table ' ~ lake_files() ~ ' as with held as (select * from ' ~ lake_files()
            ~ " where source_name || '.' || table_name not in (" ~ read_now | join(', ') ~ ')), listed as (' ~ listed
            ~ ') select * from held union all select * from listed anti join held using (source_name, table_name)'
        ) -%}
    {%- else -%}
        {%- do run_query('create or replace table ' ~ lake_files() ~ ' as ' ~ listed) -%}
    {%- endif -%}
{%- endmacro %}
