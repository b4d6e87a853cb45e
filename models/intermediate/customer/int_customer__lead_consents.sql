with

persons as (

    select person_id, any_value(reach_id) as reach_id
    from {{ ref('int_identity__person_records') }}
    group by person_id

),

leads as (

    select * from {{ ref('int_customer__lead_history') }}
    where not is_customer

),

-- Agreed is what all who may be the lead, and ever decided on it, agree to.
final as (

    select
        leads.reach_id,
        coalesce(bool_and(consents.is_granted) filter (where consents.channel = 'email'), false)
            as has_email_marketing_consent,
        coalesce(bool_and(consents.is_granted) filter (where consents.channel = 'sms'), false)
            as has_sms_marketing_consent,
        coalesce(bool_and(consents.is_granted) filter (where consents.channel = 'phone'), false)
            as has_call_marketing_consent,
        coalesce(bool_and(consents.is_granted) filter (where consents.channel = 'line'), false)
            as has_messenger_marketing_consent,
        coalesce(bool_and(consents.is_granted) filter (where consents.channel = 'ads'), false)
            as has_ads_marketing_consent
    from leads
    inner join persons on leads.reach_id = persons.reach_id
    inner join {{ ref('int_customer__consents') }} as consents
        on persons.person_id = consents.person_id and consents.purpose = 'marketing'
    group by leads.reach_id

)

select * from final
