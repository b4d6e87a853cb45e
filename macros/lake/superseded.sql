{% macro superseded(staging_model) %}
    {#-
      The versions of a staging model's records that are not the newest, deleted records included. One was known from
      _ingested_at until before _superseded_at. What int_superseded__<table> consists of; others read that.
    -#}
    select * from {{ superseded_relation(ref(staging_model)) }}
{% endmacro %}
