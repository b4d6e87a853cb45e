{% macro beside_this(name) -%}
    {#-
      The relation <model>__<name>, in which a model keeps what it has to know in its next run. Unit tests have none.
      In the files of marts it lies in the schema cardinal: it is no mart.
    -#}
    {%- if this -%}
        {{ return(api.Relation.create(
            database=this.database, schema="cardinal" if this.database in mart_databases() else this.schema,
            identifier=this.identifier ~ "__" ~ name, type="table"
        )) }}
    {%- endif -%}
{%- endmacro %}
