{% macro forget_rearrived() %}
    {#-
      Pre-hook of the staging models: remove the records of which a new version or a deletion has arrived.
      The model then appends what they are now. Both happen in one transaction.
    -#}
    {%- if execute and is_incremental() -%}
        {%- set source_name, table_name = model.sources[0][0], model.sources[0][1] -%}
        {%- set key = config.get('unique_key') -%}
        delete from {{ this }} as held
        using ({{ arrivals(source_name, table_name, key) }}) as arrived
        where {% for column in key %}held.{{ column }} = arrived.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- else -%}
        select 1
    {%- endif -%}
{% endmacro %}
