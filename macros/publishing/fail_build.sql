{% macro fail_build(problem) -%}
    {#- Take the build that lies in the files of marts for failed, because a test found something later; see end_build. -#}
    {%- for database in mart_databases() -%}
        {%- set build = database ~ '.cardinal.build' -%}
        {%- if query_value(
            "select count(*) from duckdb_tables() where database_name = '" ~ database
            ~ "' and schema_name = 'cardinal' and table_name = 'build'"
        ) > 0 -%}
            {%- do run_query(
                'create or replace table ' ~ build ~ " as select * replace ('failed' as state, '"
                ~ problem | replace("'", "''") ~ "' as detail) from " ~ build
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}
