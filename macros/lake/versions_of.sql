{% macro versions_of(staging_model, superseded_model) -%}
    {#- All versions of the records of a staging model, the newest ones and those of int_superseded__<table>, as a subquery. -#}
    (
        select * from {{ ref(staging_model) }}
        union all by name
        select * from {{ ref(superseded_model) }}
    )
{%- endmacro %}
