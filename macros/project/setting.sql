{% macro setting(name) -%}
    {#- A market setting: the environment's CARDINAL_<NAME>, else the var of dbt_project.yml. -#}
    {{ env_var('CARDINAL_' ~ name | upper, var(name)) }}
{%- endmacro %}
