{% macro beside_this(name) -%}
    {#- The relation <model>__<name>, in which a model keeps what it has to know in its next run. Unit tests have none. -#}
    {%- if this -%}
        {{ return(api.Relation.create(
            database=this.database, schema=this.schema, identifier=this.identifier ~ '__' ~ name, type='table'
        )) }}
    {%- endif -%}
{%- endmacro %}
