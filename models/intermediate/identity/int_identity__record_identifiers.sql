with

rules as (

    select * from {{ ref('identifier_rules') }}

),

-- Records that show identifiers, and when they showed them. A new source joins identity resolution by a line here.
shown as (

    {{ record_identifiers({
        'stg_core_banking__customers': 'updated_at',
        'stg_core_banking__account_holders': 'updated_at',
        'stg_core_banking__branch_visits': 'visited_at',
        'stg_cards__credit_cards': 'updated_at',
        'stg_cards__debit_cards': 'updated_at',
        'stg_lending__loans': 'updated_at',
        'stg_wealth__fund_holdings': 'as_of_date',
        'stg_wealth__risk_profiles': 'assessed_at',
        'stg_insurance__policies': 'updated_at',
        'stg_payments__payments': 'paid_at',
        'stg_digital__events': 'occurred_at',
        'stg_google_ads__conversions': 'converted_at',
        'stg_meta_ads__pixel_events': 'occurred_at',
        'stg_messenger__leads': 'created_at',
        'stg_website__registrations': 'registered_at',
        'stg_ecommerce__orders': 'ordered_at',
        'stg_crm__contacts': 'updated_at',
        'stg_crm__call_centre_cases': 'opened_at',
        'stg_crm__lead_outcomes': 'occurred_at',
        'stg_partners__audience_profiles': 'last_seen_date',
        'stg_manual__uploads': 'uploaded_at',
        'stg_consent__consent_events': 'occurred_at',
        'stg_consent__privacy_requests': 'requested_at',
    }) }}

),

final as (

    select
        shown.source_name,
        shown.table_name,
        shown.record_id,
        shown.identifier_type,
        shown.identifier_value,
        shown.seen_at,
        shown.first_ingested_at,
        shown.ingested_at,
        {{ key64("shown.source_name || '.' || shown.table_name || ':' || shown.record_id") }} as record_key,
        {{ key64("shown.identifier_type || ':' || shown.identifier_value") }} as value_key,
        rules.evidence
    from shown
    inner join rules on shown.identifier_type = rules.identifier_type

)

select * from final
