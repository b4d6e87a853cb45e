{% macro remember_owners() %}
    {#- Post-hook of fct_transactions: keep the owners by whom its rows were given to persons; see touched_transactions. -#}
    {%- if execute -%}
    create or replace table {{ beside_this('owners') }} as {{ owners_now() }}
    {%- endif -%}
{% endmacro %}
