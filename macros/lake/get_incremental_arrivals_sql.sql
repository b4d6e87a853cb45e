{% macro get_incremental_arrivals_sql(arg_dict) %}
    {#-
      Incremental strategy of the staging models: records of which a new version or a deletion has arrived leave the
      table for its twin of superseded versions, then the model's rows, which are what they are now, enter it.
    -#}
    {%- set target, columns = arg_dict['target_relation'], arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    {%- set twin = superseded_relation(target) -%}
    {%- set source_name, table_name = model.sources[0][0], model.sources[0][1] -%}
    {%- set key = config.get('unique_key') -%}
    {%- set same_key -%}
        {% for column in key %}held.{{ column }} = arrived.{{ column }}{{ ' and ' if not loop.last }}{% endfor %}
    {%- endset -%}
    {#- A column that joined the contract is null in what came before, in the twin as well. -#}
    {%- set twin_columns = adapter.get_columns_in_relation(twin) | map(attribute='name') | list -%}
    {%- for column in arg_dict['dest_columns'] if column.name not in twin_columns -%}
    alter table {{ twin }} add column {{ column.quoted }} {{ column.data_type }};
    {% endfor %}
    create or replace temporary table {{ target.identifier }}__arrived as
    select {{ key | join(', ') }}, min(_ingested_at) as _changed_at
    from ({{ arrivals(source_name, table_name, key) }}) as arrived
    group by {{ key | join(', ') }};

    insert into {{ twin }} by name
    select held.* exclude (_superseded_at), arrived._changed_at as _superseded_at
    from {{ target }} as held
    inner join {{ target.identifier }}__arrived as arrived on {{ same_key }};

    insert into {{ twin }} by name
    select * from {{ arg_dict['temp_relation'] }}
    where _superseded_at is not null;

    delete from {{ target }} as held
    using {{ target.identifier }}__arrived as arrived
    where {{ same_key }};

    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
    where _superseded_at is null;

    drop table {{ target.identifier }}__arrived
{% endmacro %}
