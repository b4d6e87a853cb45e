{% macro get_incremental_arrivals_sql(arg_dict) %}
    {#-
      Incremental strategy of the staging models: records of which a new version or a deletion has arrived
      leave the table, then the model's rows, which are what they are now, enter it.
    -#}
    {%- set target, columns = arg_dict['target_relation'], arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set source_name, table_name = model.sources[0][0], model.sources[0][1] -%}
    {%- set key = config.get('unique_key') -%}
    delete from {{ target }} as held
    using ({{ arrivals(source_name, table_name, key) }}) as arrived
    where {% for column in key %}held.{{ column }} = arrived.{{ column }}{{ ' and ' if not loop.last }}{% endfor %};

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
