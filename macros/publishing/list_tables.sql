{% macro list_tables(database, tables) -%}
    {#-
      Write cardinal.tables into a file of marts, one row per table with its key, and drop every table and view that the
      project doesn't build there. tables: as mart_tables gives them.
    -#}
    {%- set rows, known = ["select null, null, cast(null as varchar[]) where false"], [] -%}
    {%- for table in tables if table.database == database -%}
        {%- do known.append(table.schema ~ '.' ~ table.name) -%}
        {%- do rows.append("select '" ~ table.schema ~ "', '" ~ table.name ~ "', cast([" ~ ("'" ~ table.key | join("', '") ~ "'" if table.key else '') ~ "] as varchar[])") -%}
    {%- endfor -%}
    {%- do run_query(
        'create or replace table ' ~ database ~ '.cardinal.tables as select * from (' ~ rows | join(' union all ')
        ~ ') as listed(schema_name, table_name, key_columns)'
    ) -%}
    {%- set found = run_query(
        "select schema_name || '.' || table_name, 'table' from duckdb_tables() where database_name = '" ~ database
        ~ "' and schema_name != 'cardinal' union all select schema_name || '.' || view_name, 'view' from duckdb_views()"
        ~ " where database_name = '" ~ database ~ "' and not internal and schema_name != 'cardinal' order by all"
    ) -%}
    {%- for name, kind in found.rows if name not in known -%}
        {{- log('Dropping ' ~ database ~ '.' ~ name ~ ', which the project no longer builds there.', info=True) -}}
        {%- do run_query('drop ' ~ kind ~ ' ' ~ database ~ '.' ~ name) -%}
    {%- endfor -%}
{%- endmacro %}
