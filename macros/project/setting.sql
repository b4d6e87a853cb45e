{% macro setting(name) -%}
    {#-
      A market setting (country, currency, timezone): what the environment says (CARDINAL_<NAME>), else what the home
      was begun with (its market.json), else the var of dbt_project.yml. create_lake_views stops a run in which the first two differ.
    -#}
    {{- return(env_var('CARDINAL_' ~ name | upper, '') or market_of_home().get(name) or var(name)) -}}
{%- endmacro %}
