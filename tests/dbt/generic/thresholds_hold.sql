{% test thresholds_hold(model, level) %}
    {#- No metric that has a threshold of this severity (error, warn) is beyond it. #}
    select metric, dimension, value_count, value_rate, min_value, max_value
    from {{ model }}
    where severity = '{{ level }}' and not is_within_thresholds
{% endtest %}
