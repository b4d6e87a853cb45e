{% macro newest_lake_date() -%}
    {#- The newest day of arrival in the lake, as SQL: deletions count too, of which staging keeps no trace. -#}
    (select coalesce(max(ingest_date), date '1970-01-01') from {{ lake_files() }})
{%- endmacro %}
