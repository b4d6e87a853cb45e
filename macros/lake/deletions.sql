{% macro deletions(source_name, table_name, key, watermark=none) %}
    {#-
      The records of a source table whose newest version is a deletion, with the time at which it arrived: of those that
      arrived after the watermark (a timestamp), or all. Only the lake knows them; staging holds what is left.
      The lake is named as the source's relation, for models that read its records through staging.
    -#}
    {%- set lake_table = graph.sources['source.cardinal.' ~ source_name ~ '.' ~ table_name].relation_name -%}
    {%- set arrived -%}
        {{ lake_table }}
        {%- if watermark %}
        where ingest_date >= date '{{ watermark.strftime("%Y-%m-%d") }}' and _ingested_at > timestamp '{{ watermark }}'
        {%- endif -%}
    {%- endset -%}
    select {{ key | join(', ') }}, max(_ingested_at) as deleted_at
    from (select * from {{ arrived }}) as versions
    semi join (select * from (select * from {{ arrived }}) as changes where change_type = 'delete') as deleted
        using ({{ key | join(', ') }})
    group by {{ key | join(', ') }}
    having max_by(coalesce(change_type, '') = 'delete', (_ingested_at, _row))
{% endmacro %}
