{% macro market_of_home() -%}
    {#- The market that the home was begun with, as a dictionary; empty if it isn't begun or dbt only parses. -#}
    {%- set market = {} -%}
    {%- if execute -%}
        {%- set file = env_var('CARDINAL_HOME', 'data') ~ '/market.json' -%}
        {%- if run_query("select file from glob('" ~ file ~ "')").rows -%}
            {%- do market.update(fromjson(run_query("select content from read_text('" ~ file ~ "')").rows[0][0])) -%}
        {%- endif -%}
    {%- endif -%}
    {{- return(market) -}}
{%- endmacro %}
