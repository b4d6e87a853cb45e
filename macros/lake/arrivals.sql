{% macro arrivals(source_name, table_name, key) %}
    {#-
      The newest version of every record that arrived since this model last ran (all of them on a full build).

      What arrived last wins; within one file the later row. Deletions are included here, so that
      forget_rearrived can take them out of the table; latest_arrivals leaves them out.
      Ingestion makes _ingested_at strictly increasing by table, so one watermark is enough. It is written
      as a literal because DuckDB skips whole partitions only for literals.
    -#}
    {%- set lake_table = source(source_name, table_name) -%}
    {%- set watermark = none -%}
    {%- if execute and this and is_incremental() -%}
        {%- set watermark = run_query('select max(_ingested_at) from ' ~ this).columns[0].values()[0] -%}
    {%- endif -%}
    select *
    from {{ lake_table }}
    {% if watermark -%}
    where
        ingest_date >= date '{{ watermark.strftime("%Y-%m-%d") }}'
        and _ingested_at > timestamp '{{ watermark }}'
    {% endif -%}
    qualify row_number() over (partition by {{ key | join(', ') }} order by _ingested_at desc, _row desc) = 1
{% endmacro %}
