{{ config(materialized='view') }}

with

final as (

    select
        'core_banking.branch_visits:' || branch_visit_id as event_id,
        'record' as owner_type,
        'core_banking.branch_visits:' || branch_visit_id as owner_no,
        'counter_visit' as event_kind,
        visited_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'branch' as channel,
        cast(null as varchar) as product_code,
        cast(null as varchar) as campaign,
        service_type as detail
    from {{ ref('stg_core_banking__branch_visits') }}

    union all

    select
        'crm.call_centre_cases:' || case_id as event_id,
        'record' as owner_type,
        'crm.call_centre_cases:' || case_id as owner_no,
        'call_centre_case' as event_kind,
        opened_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'call_centre' as channel,
        product_code,
        null as campaign,
        topic as detail
    from {{ ref('stg_crm__call_centre_cases') }}

    union all

    select
        'crm.lead_outcomes:' || lead_outcome_id as event_id,
        'record' as owner_type,
        -- A step is of whom the lead is of; once it has a customer number, of that customer.
        case
            when cif_no is not null then 'crm.lead_outcomes:' || lead_outcome_id
            when lead_source = 'website' then 'website.registrations:' || lead_id
            when lead_source = 'messenger' then 'messenger.leads:' || lead_id
            when lead_source = 'ecommerce' then 'ecommerce.orders:' || lead_id
            when lead_source = 'manual' then 'manual.uploads:' || lead_id
            when lead_source = 'branch' then 'core_banking.branch_visits:' || lead_id
            when lead_source = 'call_centre' then 'crm.call_centre_cases:' || lead_id
        end as owner_no,
        'lead_step' as event_kind,
        occurred_at,
        _first_ingested_at as first_ingested_at,
        'sales' as channel,
        product_code,
        lead_source as campaign,
        outcome as detail
    from {{ ref('stg_crm__lead_outcomes') }}

    union all

    select
        'consent.consent_events:' || consent_event_id as event_id,
        'subject' as owner_type,
        'consent.consent_events:' || consent_event_id as owner_no,
        case decision when 'granted' then 'consent_granted' else 'consent_withdrawn' end as event_kind,
        occurred_at,
        _first_ingested_at as first_ingested_at,
        coalesce(collected_via, 'other') as channel,
        null as product_code,
        null as campaign,
        purpose || ':' || channel as detail
    from {{ ref('stg_consent__consent_events') }}

    union all

    select
        'consent.privacy_requests:' || privacy_request_id as event_id,
        'subject' as owner_type,
        'consent.privacy_requests:' || privacy_request_id as owner_no,
        'privacy_request' as event_kind,
        requested_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'other' as channel,
        null as product_code,
        null as campaign,
        request_type as detail
    from {{ ref('stg_consent__privacy_requests') }}

)

select * from final
