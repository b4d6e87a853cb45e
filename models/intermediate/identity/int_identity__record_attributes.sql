with

-- Records that say something about a person, when they were seen, and what makes it verified. A new source joins the
-- golden record by a line here and its row in the seed source_trust.
final as (

    {{ record_attributes({
        'stg_core_banking__customers': {'seen_at': 'updated_at', 'verified': 'kyc_verified_at is not null'},
        'stg_crm__contacts': {'seen_at': 'updated_at'},
        'stg_website__registrations': {'seen_at': 'registered_at'},
        'stg_ecommerce__orders': {'seen_at': 'ordered_at'},
        'stg_messenger__leads': {'seen_at': 'created_at'},
        'stg_manual__uploads': {'seen_at': 'uploaded_at'},
        'stg_crm__call_centre_cases': {'seen_at': 'opened_at'},
    }) }}

)

select * from final
