{% macro get_incremental_touched_groups_sql(arg_dict) %}
    {#- Incremental strategy: the touched groups leave the table, what they are now enters it; see touched_groups. -#}
    {%- set target, columns = arg_dict['target_relation'], arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ target }} as held
    using {{ target.identifier }}__touched as touched
    where {% for column in config.get('unique_key') %}held.{{ column }} = touched.{{ column }}{{ ' and ' if not loop.last }}{% endfor %};

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
