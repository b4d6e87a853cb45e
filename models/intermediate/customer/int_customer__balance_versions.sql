{{ config(materialized='view') }}

with

balances as (

    select * from {{ ref('stg_core_banking__account_balances') }}
    union all by name
    select * from {{ ref('int_superseded__account_balances') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'core_banking' and table_name = 'account_balances'

),

final as (

    select
        balances.account_no,
        balances.balance_date,
        balances.ledger_balance_amount,
        balances._ingested_at,
        {{ known_at('balances.balance_date', 'first_delivery.first_delivery_date', 'balances._ingested_at') }}
            as known_at,
        balances._superseded_at as superseded_at
    from balances
    cross join first_delivery
    where balances.currency_code = '{{ setting("currency") }}'

)

select * from final
