{% macro newest_arrival(staging) -%}
    {#-
      The newest arrival that left a mark in a staging table (a relation) or its twin, none if nothing did. Ingestion
      makes _ingested_at strictly increasing by table, so everything of the table up to then is in it.
    -#}
    {{ return(query_value(
        'select max(seen_at) from (select max(_ingested_at) as seen_at from ' ~ staging ~ ' union all '
        ~ 'select max(_superseded_at) as seen_at from ' ~ superseded_relation(staging) ~ ') as seen'
    )) }}
{%- endmacro %}
