{% test scores_differ(model) %}
    {#- A model that says the same of everybody says nothing: no score of it may be shown. What was undone isn't. #}
    select shown.task, shown.model_version, shown.scored_count
    from {{ model }} as shown
    left join {{ ref('stg_ml__champions') }} as undone
        on shown.task = undone.task and shown.model_version = undone.model_version and undone.is_undone
    where
        shown.is_newest
        and shown.subject = 'score'
        and shown.scored_count >= 100
        and shown.value_count <= 1
        and undone.model_version is null
{% endtest %}
