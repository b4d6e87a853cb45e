{% test matches(model, column_name, pattern) %}
    {#- Values of a column that a regular expression doesn't match from end to end; nulls pass. -#}
    select {{ column_name }}
    from {{ model }}
    where {{ column_name }} is not null and not {{ matches_fully(column_name, pattern) }}
{% endtest %}
