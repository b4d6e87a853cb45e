{% test not_null_columns(model, columns) %}
    {#- None of the columns is ever null; one row per column that is, since a test per column costs a build more than what it finds. #}
    select
        column_name,
        row_count
    from (
        select
            {%- for column in columns %}
            count(*) filter (where {{ column }} is null) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ model }}
    ) unpivot (row_count for column_name in ({{ columns | join(', ') }}))
    where row_count > 0
{% endtest %}
