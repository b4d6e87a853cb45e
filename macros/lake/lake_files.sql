{% macro lake_files() -%}
    {#-
      The table of the files that this run takes for the lake: source_name, table_name, ingest_date, file. create_lake_views
      writes it when a run begins. A table without deliveries has a file without rows, dated 1970.
    -#}
    lake.files
{%- endmacro %}
