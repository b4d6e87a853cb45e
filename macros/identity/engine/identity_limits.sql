{% macro identity_limits(rules) -%}
    {#- The limits of the identifier rules as stitch wants them: a query (limit_key, max_count, window_days). -#}
    (select cast(case when role = 'limit' then {{ limit_keys().any }} else priority end as ubigint) as limit_key,
        max_per_person as max_count, window_days from {{ rules }} where max_per_person is not null)
{%- endmacro %}
