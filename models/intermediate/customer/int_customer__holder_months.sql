{{ config(materialized='view') }}

with

account_months as (

    select * from {{ ref('int_events__account_months') }}
    where currency_code = '{{ setting("currency") }}'

),

card_months as (

    select * from {{ ref('int_events__card_months') }}
    where currency_code = '{{ setting("currency") }}'

),

payment_months as (

    select * from {{ ref('int_events__payment_months') }}
    where currency_code = '{{ setting("currency") }}'

),

final as (

    select
        'account' as holder_type,
        account_no as holder_no,
        month_end_date,
        known_month_end_date,
        superseded_month_end_date,
        counterparty_account_no,
        inflow_amount,
        outflow_amount,
        salary_amount,
        0 as card_spend_amount,
        transaction_count,
        deed_count,
        last_deed_date,
        0 as card_purchase_count,
        last_transaction_date
    from account_months

    union all

    select
        'card' as holder_type,
        card_token as holder_no,
        month_end_date,
        known_month_end_date,
        superseded_month_end_date,
        null as counterparty_account_no,
        0 as inflow_amount,
        outflow_amount,
        0 as salary_amount,
        spend_amount as card_spend_amount,
        transaction_count,
        deed_count,
        last_deed_date,
        purchase_count as card_purchase_count,
        last_transaction_date
    from card_months

    union all

    select
        'customer_number' as holder_type,
        cif_no as holder_no,
        month_end_date,
        known_month_end_date,
        superseded_month_end_date,
        null as counterparty_account_no,
        0 as inflow_amount,
        outflow_amount,
        0 as salary_amount,
        0 as card_spend_amount,
        transaction_count,
        transaction_count as deed_count,
        last_transaction_date as last_deed_date,
        0 as card_purchase_count,
        last_transaction_date
    from payment_months

)

select * from final
