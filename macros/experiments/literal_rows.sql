{% macro literal_rows(columns, rows) -%}
    {#- A select of dictionaries as rows: `columns` gives the type of each name. Without rows it has none, but its columns. -#}
    {%- for row in rows -%}
    select {% for name, type in columns.items() -%}
        {%- set value = row.get(name) -%}
        cast({{ 'null' if value is none or value is undefined else "'" ~ (value | string | replace("'", "''")) ~ "'" }} as {{ type }}) as {{ name }}
        {{- ', ' if not loop.last }}
        {%- endfor %}
    {{ 'union all ' if not loop.last }}
    {%- else -%}
    select {% for name, type in columns.items() %}cast(null as {{ type }}) as {{ name }}{{ ', ' if not loop.last }}{% endfor %}
    where false
    {%- endfor -%}
{%- endmacro %}
