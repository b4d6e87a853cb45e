{% test leaves_by_the_rules(model) %}
    {#-
      Nobody leaves the house in this sync model but by the rules: with consent for its audience's purpose on its
      channel, not suppressed, kept free or in another arm, within the caps, by an address that no record of anybody
      else shows, and with the hours at which nothing is sent. It asks the marts and the records themselves, and of the
      decisions only whether the week allows it.
    -#}
    {%- set people, identifiers = ref('customer_360'), ref('customer_identifiers') %}
    {%- set records, shown = ref('int_identity__person_records'), ref('int_identity__record_identifiers') %}
    {%- set columns = adapter.get_columns_in_relation(model) | map(attribute='name') | list if execute else [] %}
    {%- set ids = {'line_user_id': 'line_id', 'user_id': 'login', 'device_id': 'device_id'} %}
    select
        sent.person_id,
        audiences.audience is null as is_of_no_audience,
        consents.person_id is null as is_without_consent,
        suppressions.person_id is not null as is_suppressed
    from {{ model }} as sent
    left join {{ ref('audiences') }} as audiences
        on sent.audience = audiences.audience
        and sent.purpose = audiences.purpose
        and sent.channel = audiences.channel
    left join {{ ref('customer_consents') }} as consents
        on sent.person_id = consents.person_id
        and sent.purpose = consents.purpose
        and sent.channel = consents.channel
        and consents.is_granted
    left join {{ ref('customer_suppressions') }} as suppressions
        on sent.person_id = suppressions.person_id and suppressions.channel in (sent.channel, 'all')
    left join {{ ref('contact_rules') }} as rules on sent.channel = rules.channel
    left join {{ ref('segment_experiment_arms') }} as arms
        on sent.person_id = arms.person_id
        and audiences.experiment = arms.experiment_key
        and audiences.arm = arms.arm
    left join {{ ref('audience_decisions') }} as decisions
        on sent.person_id = decisions.person_id and sent.audience = decisions.audience
    where
        audiences.audience is null
        or consents.person_id is null
        or suppressions.person_id is not null
        or {{ experiment_bucket("'global_holdout'", 'sent.person_id') }} < {{ var('global_holdout_rate') }}
        or {{ experiment_bucket("'audience:' || sent.audience", 'sent.person_id') }} < audiences.holdout_rate
        or (audiences.experiment is not null and arms.person_id is null)
        or not coalesce(decisions.is_within_cap and decisions.is_within_budget, false)
        or rules.channel is null
        or sent.time_zone is null
        or sent.quiet_from_hour is distinct from rules.quiet_from_hour
        or sent.quiet_to_hour is distinct from rules.quiet_to_hour
        {%- for column in ['email', 'phone'] if column in columns %}
        or sent.{{ column }} in (
            select {{ column }} from {{ people }} group by {{ column }} having count({{ column }}) > 1
        )
        or (sent.person_id, sent.{{ column }}) in (
            select own.person_id, shown.identifier_value
            from {{ shown }} as shown
            inner join {{ records }} as others on shown.record_key = others.record_key
            inner join {{ model }} as reached on shown.identifier_value = reached.{{ column }}
            inner join {{ records }} as own on reached.person_id = own.person_id
            where
                shown.identifier_type = '{{ column }}'
                and own.person_id != others.person_id
                and (own.reach_id != others.reach_id or others.person_id in (select person_id from {{ people }}))
        )
        {%- endfor %}
        {%- for column, type in ids.items() if column in columns %}
        or sent.{{ column }} in (
            select identifier_value from {{ identifiers }}
            where identifier_type = '{{ type }}' and valid_to is null and is_shared
        )
        {%- endfor %}
{% endtest %}
