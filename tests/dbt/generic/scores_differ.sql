{% test scores_differ(model) %}
    {#- A model that says the same of everybody says nothing: no score of it may be shown. #}
    select task, model_version, scored_count
    from {{ model }}
    where is_newest and subject = 'score' and scored_count >= 100 and value_count <= 1
{% endtest %}
