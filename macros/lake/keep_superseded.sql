{% macro keep_superseded(moment) %}
    {#-
      Hooks of the staging models. A full build gives all versions at once: before it ('before') the twin of superseded
      versions goes, after it ('after') it is made anew of the rows that aren't the newest. An incremental build finds
      the twin in place and does nothing here; its strategy moves what it replaces.
    -#}
    {%- set twin = superseded_relation(this) -%}
    {%- if model.config.materialized != 'incremental' -%}
    {%- elif moment == 'before' -%}
        {#- Not by a statement of our own: dbt must know that it is gone. -#}
        {%- if execute and not is_incremental() -%}{%- do adapter.drop_relation(twin) -%}{%- endif -%}
    {%- elif execute and not load_relation(twin) -%}
        create table {{ twin }} as select * from {{ this }} where _superseded_at is not null;
        delete from {{ this }} where _superseded_at is not null
    {%- endif -%}
{% endmacro %}
