{% macro superseded_relation(staging) -%}
    {#- The twin of a staging table (a relation): older versions of its records and deleted ones, with _superseded_at. -#}
    {{ return(api.Relation.create(
        database=staging.database, schema=staging.schema, identifier=staging.identifier ~ '__superseded', type='table'
    )) }}
{%- endmacro %}
