{% macro arrivals(source_name, table_name, key) %}
    {#-
      Every version of every record that arrived since this model last ran (all of them on a full build), deletions
      included.

      What arrived last wins; within one file the later row. One watermark is enough (newest_arrival). It is written as
      a literal because DuckDB skips whole partitions only for literals.
      _superseded_at is when the next version or a deletion arrived, null for the newest version; _arrived_first_at the
      first arrival since the record was last deleted; _was_deleted whether a deletion is among the arrivals before it.
      Nearly all records arrive once; only the others are worth window functions, which sort whole rows.
    -#}
    {%- set lake_table = source(source_name, table_name) -%}
    {%- set key_columns = key | join(', ') -%}
    {%- set by_record = 'partition by ' ~ key_columns -%}
    {%- set watermark = none -%}
    {%- if execute and this and is_incremental() -%}
        {%- if not load_relation(superseded_relation(this)) -%}
            {{ exceptions.raise_compiler_error(
                this ~ ' was built by an earlier version of Cardinal, which kept no older versions: run `dbt build --full-refresh` once.'
            ) }}
        {%- endif -%}
        {%- set watermark = newest_arrival(this) -%}
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
        select
            *,
            lead(_ingested_at) over ({{ by_record }} order by _ingested_at, _row) as _superseded_at,
            count(*) filter (where change_type = 'delete') over (
                {{ by_record }} order by _ingested_at, _row rows between unbounded preceding and 1 preceding
            ) as _deletion_count
        from arrived semi join repeated using ({{ key_columns }})
    )

    select
        *,
        cast(null as timestamp) as _superseded_at,
        false as _was_deleted,
        _ingested_at as _arrived_first_at
    from arrived anti join repeated using ({{ key_columns }})

    union all by name

    select
        * exclude (_deletion_count),
        _deletion_count > 0 as _was_deleted,
        min(_ingested_at) over ({{ by_record }}, _deletion_count) as _arrived_first_at
    from versions
{% endmacro %}
