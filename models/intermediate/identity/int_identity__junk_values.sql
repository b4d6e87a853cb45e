{#- Staging models with contact columns that staging cleans. -#}
{%- set models = [
    'stg_core_banking__customers',
    'stg_messenger__leads',
    'stg_website__registrations',
    'stg_ecommerce__orders',
    'stg_crm__contacts',
    'stg_crm__call_centre_cases',
    'stg_manual__uploads',
    'stg_consent__consent_events',
    'stg_consent__privacy_requests',
] -%}

with

final as (

    {% for model_name in models -%}
    {{ junk_counts(model_name) }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from final
