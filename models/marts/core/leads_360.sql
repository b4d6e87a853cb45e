with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

leads as (

    select * from {{ ref('int_customer__lead_history') }}
    where not is_customer

),

profiles as (

    select * from {{ ref('int_customer__lead_profiles') }}

),

consents as (

    select * from {{ ref('int_customer__lead_consents') }}

),

persons as (

    select person_id, any_value(reach_id) as reach_id
    from {{ ref('person_records') }}
    group by person_id

),

engagement as (

    select
        persons.reach_id,
        count(*) as person_count,
        max(engagement.last_seen_at) as last_seen_at,
        coalesce(sum(engagement.visit_90d_count), 0) as visit_90d_count,
        coalesce(sum(engagement.search_90d_count), 0) as search_90d_count,
        coalesce(sum(engagement.promotion_view_90d_count), 0) as promotion_view_90d_count,
        max_by(engagement.top_content_interest, (engagement.content_view_12m_count, engagement.person_id))
            filter (where engagement.top_content_interest is not null) as top_content_interest,
        max(engagement.last_contact_at) as last_contact_at,
        max_by(engagement.last_contact_channel, (engagement.last_contact_at, engagement.person_id))
            as last_contact_channel,
        coalesce(sum(engagement.open_case_count), 0) as open_case_count
    from persons
    semi join leads on persons.reach_id = leads.reach_id
    left join {{ ref('customer_engagement') }} as engagement on persons.person_id = engagement.person_id
    group by persons.reach_id

),

final as (

    select
        leads.reach_id,
        leads.person_id,
        cast(engagement.person_count as integer) as person_count,
        as_of.as_of_date,
        profiles.full_name,
        profiles.date_of_birth,
        profiles.phone,
        profiles.email,
        profiles.province,
        profiles.declared_income_amount,
        '{{ setting("currency") }}' as currency_code,
        leads.first_lead_at,
        leads.last_lead_at,
        leads.first_lead_source,
        leads.last_lead_source,
        leads.first_campaign,
        leads.has_click_id,
        leads.last_product_code,
        cast(leads.lead_count as integer) as lead_count,
        cast(leads.registration_count as integer) as registration_count,
        cast(leads.messenger_lead_count as integer) as messenger_lead_count,
        cast(leads.order_count as integer) as order_count,
        cast(leads.manual_lead_count as integer) as manual_lead_count,
        leads.registered_at,
        leads.contacted_at,
        leads.qualified_at,
        leads.applied_at,
        leads.sold_at,
        leads.last_outcome,
        leads.last_outcome_at,
        case
            when leads.sold_at is not null then 'won'
            when leads.last_outcome in ('lost', 'declined') and leads.last_outcome_at >= leads.last_lead_at
                then leads.last_outcome
            when leads.applied_at is not null then 'applied'
            when leads.qualified_at is not null then 'qualified'
            when leads.contacted_at is not null then 'contacted'
            when leads.last_outcome = 'unreachable' then 'unreachable'
            else 'new'
        end as lead_status,
        engagement.last_seen_at,
        cast(engagement.visit_90d_count as integer) as visit_90d_count,
        cast(engagement.search_90d_count as integer) as search_90d_count,
        cast(engagement.promotion_view_90d_count as integer) as promotion_view_90d_count,
        engagement.top_content_interest,
        engagement.last_contact_at,
        engagement.last_contact_channel,
        cast(engagement.open_case_count as integer) as open_case_count,
        coalesce(consents.has_email_marketing_consent, false) as has_email_marketing_consent,
        coalesce(consents.has_sms_marketing_consent, false) as has_sms_marketing_consent,
        coalesce(consents.has_call_marketing_consent, false) as has_call_marketing_consent,
        coalesce(consents.has_messenger_marketing_consent, false) as has_messenger_marketing_consent,
        coalesce(consents.has_ads_marketing_consent, false) as has_ads_marketing_consent
    from leads
    cross join as_of
    left join profiles on leads.reach_id = profiles.reach_id
    left join engagement on leads.reach_id = engagement.reach_id
    left join consents on leads.reach_id = consents.reach_id

)

select * from final
