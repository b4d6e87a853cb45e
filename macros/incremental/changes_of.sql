{% macro changes_of(staging, since=none) -%}
    {#-
      What happened to the records of a staging table, as a subquery: its rows and those of its twin, with changed_at, when
      they arrived or, for an old version that had arrived before, were replaced or deleted.
      staging: relation. since: SQL of a timestamp after which; none for ever.
    -#}
    (
        select *, _ingested_at as changed_at from {{ staging }}
        {%- if since %} where _ingested_at > {{ since }}{% endif %}
        union all by name
        select *, _superseded_at as changed_at from {{ superseded_relation(staging) }}
        {%- if since %} where _superseded_at > {{ since }}{% endif %}
        union all by name
        select *, _ingested_at as changed_at from {{ superseded_relation(staging) }}
        {%- if since %} where _ingested_at > {{ since }}{% endif %}
    )
{%- endmacro %}
