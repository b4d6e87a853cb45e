{% test holds_no_alarm(model) %}
    {#- Nothing that was looked at last is an alarm (thresholds in ml/monitoring.py). #}
    select task, model_version, month_end_date
    from {{ model }}
    where is_newest and state = 'alarm'
{% endtest %}
