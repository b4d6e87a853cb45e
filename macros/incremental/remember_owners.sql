{% macro remember_owners(owners=none) %}
    {#-
      Post-hook of models whose rows were given to persons by their owners of then: keep these, for the next run to see
      who has changed. owners: the query that tells the owners; none for those of movements. See touched_transactions.
    -#}
    {%- if execute -%}
    create or replace table {{ beside_this('owners') }} as {{ owners or owners_now() }}
    {%- endif -%}
{% endmacro %}
