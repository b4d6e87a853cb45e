{% macro latest_arrivals(source_name, table_name, key) %}
    {#-
      The rows a staging model adds: the newest version of what arrived, deletions left out.
      key: the contract's key columns (a list; the conventions test compares them). They become the model's
      unique_key, from which forget_rearrived knows what to replace.
    -#}
    {{- config(unique_key=key) -}}
    select *
    from ({{ arrivals(source_name, table_name, key) }}) as newest
    where change_type is distinct from 'delete'
{% endmacro %}
