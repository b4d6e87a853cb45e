{{ config(materialized='view') }}
{#- Staging model -> the id in the timeline of a record's event. -#}
{%- set event_ids = {
    'stg_digital__events': "'digital.events:' || event_id",
    'stg_crm__message_events': "'crm.message_events:' || message_event_id",
    'stg_activation__message_events': "'activation.message_events:' || message_event_id",
    'stg_activation__row_results': "'activation.message_events:sent:' || row_id",
    'stg_cards__point_movements': "'cards.point_movements:' || point_movement_id",
    'stg_core_banking__branch_visits': "'core_banking.branch_visits:' || branch_visit_id",
    'stg_crm__call_centre_cases': "'crm.call_centre_cases:' || case_id",
    'stg_crm__lead_outcomes': "'crm.lead_outcomes:' || lead_outcome_id",
    'stg_consent__consent_events': "'consent.consent_events:' || consent_event_id",
    'stg_consent__privacy_requests': "'consent.privacy_requests:' || privacy_request_id",
    'stg_website__registrations': "'website.registrations:' || registration_id",
    'stg_messenger__leads': "'messenger.leads:' || lead_id",
    'stg_ecommerce__orders': "'ecommerce.orders:' || order_id",
    'stg_manual__uploads': "'manual.uploads:' || upload_name || '|' || row_no",
} -%}

with

final as (

    select
        staging_model,
        changed_at,
        transaction_id as event_id
    from {{ ref('int_events__movement_changes') }}

    {% for staging_model, event_id in event_ids.items() -%}
    union all

    select
        '{{ staging_model }}' as staging_model,
        changed_at,
        {{ event_id }} as event_id
    from {{ changes_of(ref(staging_model)) }} as changes
    group by all
    {% endfor %}

)

select * from final
