{% macro arrivals(source_name, table_name, key) %}
    {#-
      The newest version of every record that arrived since this model last ran (all of them on a full build).

      What arrived last wins; within one file the later row. Deletions are included here, so that the
      incremental strategy can take them out of the table; latest_arrivals leaves them out.
      Ingestion makes _ingested_at strictly increasing by table, so one watermark is enough. It is written
      as a literal because DuckDB skips whole partitions only for literals.
      _arrived_first_at is the first arrival since the record was last deleted, _was_deleted whether a
      deletion is among these arrivals.
      Nearly all records arrive once; only the others are worth a window function, which sorts whole rows.
    -#}
    {%- set lake_table = source(source_name, table_name) -%}
    {%- set key_columns = key | join(', ') -%}
    {%- set by_record = 'partition by ' ~ key_columns -%}
    {%- set watermark = none -%}
    {%- if execute and this and is_incremental() -%}
        {%- set watermark = run_query('select max(_ingested_at) from ' ~ this).columns[0].values()[0] -%}
    {%- endif -%}
    with arrived as not materialized (
        select * from {{ lake_table }}
        {% if watermark -%}
        where
            ingest_date >= date '{{ watermark.strftime("%Y-%m-%d") }}'
            and _ingested_at > timestamp '{{ watermark }}'
        {% endif %}
    ),

    repeated as materialized (
        select {{ key_columns }} from arrived
        group by {{ key_columns }}
        having count(*) > 1 or bool_or(change_type = 'delete')
    ),

    versions as (
        select *, max(case when change_type = 'delete' then (_ingested_at, _row) end) over ({{ by_record }}) as _deletion
        from arrived semi join repeated using ({{ key_columns }})
    )

    select *, false as _was_deleted, _ingested_at as _arrived_first_at
    from arrived anti join repeated using ({{ key_columns }})

    union all by name

    select
        * exclude (_deletion),
        _deletion is not null as _was_deleted,
        min(_ingested_at) filter (where _deletion is null or (_ingested_at, _row) > _deletion)
            over ({{ by_record }}) as _arrived_first_at
    from versions
    qualify row_number() over ({{ by_record }} order by _ingested_at desc, _row desc) = 1
{% endmacro %}
