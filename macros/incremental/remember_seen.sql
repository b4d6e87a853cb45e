{% macro remember_seen() %}
    {#- Post-hook of models with the strategy touched_groups: keep, by staging model, up to which arrival they have read. -#}
    {%- if execute -%}
    create or replace table {{ beside_this('seen') }} as
    select staging_model, seen_at from {{ this.identifier }}__seen_now;
    drop table {{ this.identifier }}__seen_now
    {%- endif -%}
{% endmacro %}
