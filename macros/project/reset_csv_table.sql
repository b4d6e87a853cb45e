{% macro reset_csv_table(model, full_refresh, old_relation, agate_table) -%}
    {#-
      Make a seed's table anew each time, in dbt's transaction. dbt would keep the table and load the file into it by
      position: a column that a newer version brings stops the build there, and one that moved is filled from its neighbour.
    -#}
    {%- do adapter.drop_relation(old_relation) -%}
    {{ return(create_csv_table(model, agate_table)) }}
{%- endmacro %}
