{% test is_empty(model) %}
    {#- The model lists faults, and there are none. #}
    select * from {{ model }}
{% endtest %}
