{% macro experiment_declarations() -%}
    {#-
      What experiments/*.yml of the project declare, as a list of dictionaries; dbt runs in the project's folder.
      `cardinal experiments list` checks them.
    -#}
    {%- set found = [] -%}
    {%- if execute and run_query("select file from glob('experiments/*.yml') limit 1").rows -%}
        {%- for row in run_query("select content from read_text('experiments/*.yml') order by filename").rows -%}
            {%- do found.append(fromyaml(row[0])) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}
