{%- set staging_models = [
    'stg_core_banking__account_balances', 'stg_core_banking__account_holders', 'stg_core_banking__account_transactions',
    'stg_core_banking__accounts', 'stg_core_banking__customers', 'stg_cards__card_statements',
    'stg_cards__card_transactions', 'stg_cards__credit_cards', 'stg_payments__payments',
    'stg_cards__point_movements', 'stg_consent__consent_events', 'stg_consent__privacy_requests',
    'stg_core_banking__branch_visits', 'stg_crm__call_centre_cases', 'stg_crm__lead_outcomes',
    'stg_crm__message_events', 'stg_digital__events', 'stg_ecommerce__orders', 'stg_manual__uploads',
    'stg_messenger__leads', 'stg_website__registrations', 'stg_cards__debit_cards', 'stg_lending__loans',
    'stg_insurance__policies', 'stg_wealth__fund_holdings', 'stg_activation__message_events',
    'stg_activation__row_results',
] -%}

with

final as (

    {% for staging_model in staging_models -%}
    select
        '{{ staging_model }}' as staging_model,
        changed_at
    from {{ changes_of(ref(staging_model)) }} as changes
    group by changed_at
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from final
