with

consents as (

    select * from {{ ref('int_customer__consents') }}

),

privacy_requests as (

    select
        subjects.person_id,
        count(*) filter (where requests.request_status in ('open', 'in_progress')) as open_request_count,
        bool_or(requests.request_type = 'restriction' and requests.request_status != 'refused') as is_restricted
    from {{ ref('stg_consent__privacy_requests') }} as requests
    inner join {{ ref('int_customer__consent_subjects') }} as subjects
        on 'consent.privacy_requests:' || requests.privacy_request_id = subjects.event_id
    group by subjects.person_id

),

-- Consent that names no way to reach somebody is given if none of its channels was taken back.
state as (

    select
        person_id,
        bool_or(is_granted) filter (where purpose = 'marketing' and channel = 'email') as has_marketing_email,
        bool_or(is_granted) filter (where purpose = 'marketing' and channel = 'sms') as has_marketing_sms,
        bool_or(is_granted) filter (where purpose = 'marketing' and channel = 'push') as has_marketing_push,
        bool_or(is_granted) filter (where purpose = 'marketing' and channel = 'line') as has_marketing_messenger,
        bool_or(is_granted) filter (where purpose = 'marketing' and channel = 'ads') as has_marketing_ads,
        bool_or(is_granted) filter (where purpose = 'marketing' and channel = 'phone') as has_marketing_calls,
        bool_and(is_granted) filter (where purpose = 'analytics') as has_analytics,
        bool_and(is_granted) filter (where purpose = 'personalisation') as has_personalisation,
        bool_and(is_granted) filter (where purpose = 'third_party_sharing') as has_third_party_sharing,
        bool_and(is_granted) filter (where purpose = 'credit_offers') as has_credit_offers,
        max(last_decided_at) as last_decided_at
    from consents
    group by person_id

),

persons as (

    select person_id from state
    union
    select person_id from privacy_requests

),

final as (

    select
        persons.person_id,
        coalesce(state.has_marketing_email, false) as has_email_marketing_consent,
        coalesce(state.has_marketing_sms, false) as has_sms_marketing_consent,
        coalesce(state.has_marketing_push, false) as has_push_marketing_consent,
        coalesce(state.has_marketing_messenger, false) as has_messenger_marketing_consent,
        coalesce(state.has_marketing_ads, false) as has_ads_marketing_consent,
        coalesce(state.has_marketing_calls, false) as has_call_marketing_consent,
        coalesce(state.has_analytics, false) as has_analytics_consent,
        coalesce(state.has_personalisation, false) as has_personalisation_consent,
        coalesce(state.has_third_party_sharing, false) as has_third_party_sharing_consent,
        coalesce(state.has_credit_offers, false) as has_credit_offers_consent,
        state.last_decided_at as consent_changed_at,
        coalesce(privacy_requests.open_request_count, 0) as open_privacy_request_count,
        coalesce(privacy_requests.is_restricted, false) as is_processing_restricted
    from persons
    left join state on persons.person_id = state.person_id
    left join privacy_requests on persons.person_id = privacy_requests.person_id

)

select * from final
