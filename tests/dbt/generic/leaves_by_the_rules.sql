{% test leaves_by_the_rules(model) %}
    {#-
      Nobody leaves the house in this sync model without consent for its purpose on its channel, or although suppressed or
      of the global hold-out. It asks the marts themselves and not the decisions that the model was made of.
    -#}
    select
        sent.person_id,
        consents.person_id is null as is_without_consent,
        suppressions.person_id is not null as is_suppressed
    from {{ model }} as sent
    left join {{ ref('customer_consents') }} as consents
        on sent.person_id = consents.person_id
        and sent.purpose = consents.purpose
        and sent.channel = consents.channel
        and consents.is_granted
    left join {{ ref('customer_suppressions') }} as suppressions
        on sent.person_id = suppressions.person_id and suppressions.channel in (sent.channel, 'all')
    inner join {{ ref('audiences') }} as audiences on sent.audience = audiences.audience
    where
        consents.person_id is null
        or suppressions.person_id is not null
        or {{ experiment_bucket("'global_holdout'", 'sent.person_id') }} < {{ var('global_holdout_rate') }}
        or {{ experiment_bucket("'audience:' || sent.audience", 'sent.person_id') }} < audiences.holdout_rate
{% endtest %}
