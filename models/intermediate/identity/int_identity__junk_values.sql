with

-- Staging models with contact columns that staging cleans.
final as (

    {{ junk_counts([
        'stg_core_banking__customers',
        'stg_messenger__leads',
        'stg_website__registrations',
        'stg_ecommerce__orders',
        'stg_crm__contacts',
        'stg_crm__call_centre_cases',
        'stg_manual__uploads',
        'stg_consent__consent_events',
        'stg_consent__privacy_requests',
    ]) }}

)

select * from final
