{% macro newest_lake_date() -%}
    {#- The newest day of arrival in the lake, as SQL: deletions count too, of which staging keeps no trace. -#}
    {%- if execute -%}
        {%- set newest = run_query(
            "select max(regexp_extract(file, 'ingest_date=(\d{4}-\d{2}-\d{2})/', 1)) from glob('"
            ~ env_var('CARDINAL_HOME', 'data') ~ "/lake/[a-z]*/[a-z]*/ingest_date=*/*.parquet')"
        ).rows[0][0] -%}
        date '{{ newest or '1970-01-01' }}'
    {%- else -%}
        date '1970-01-01'
    {%- endif -%}
{%- endmacro %}
