{%- set staging_models = [
    'stg_core_banking__account_balances', 'stg_core_banking__account_holders', 'stg_core_banking__account_transactions',
    'stg_core_banking__accounts', 'stg_core_banking__customers', 'stg_cards__card_statements',
    'stg_cards__card_transactions', 'stg_cards__credit_cards', 'stg_payments__payments',
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
