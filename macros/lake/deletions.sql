{% macro deletions(source_name, table_name, key, after=none, until=none) %}
    {#-
      The records of a source table whose newest version is a deletion, with the time at which it arrived: of what
      arrived after one timestamp and until another, or all. Only the lake knows them; staging holds what is left.
      The lake is named as the source's relation, for models that read its records through staging.
    -#}
    {%- set lake_table = graph.sources['source.cardinal.' ~ source_name ~ '.' ~ table_name].relation_name -%}
    {%- set arrived -%}
        {{ lake_table }}
        where true
        {%- if after %} and ingest_date >= date '{{ after.strftime("%Y-%m-%d") }}' and _ingested_at > timestamp '{{ after }}'{% endif %}
        {%- if until %} and ingest_date <= date '{{ until.strftime("%Y-%m-%d") }}' and _ingested_at <= timestamp '{{ until }}'{% endif %}
    {%- endset -%}
    select {{ key | join(', ') }}, max(_ingested_at) as deleted_at
    from (select * from {{ arrived }}) as versions
    semi join (select * from (select * from {{ arrived }}) as changes where change_type = 'delete') as deleted
        using ({{ key | join(', ') }})
    group by {{ key | join(', ') }}
    having max_by(coalesce(change_type, '') = 'delete', (_ingested_at, _row))
{% endmacro %}
