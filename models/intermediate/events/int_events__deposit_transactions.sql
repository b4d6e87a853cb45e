{{ config(materialized='view') }}

with

transactions as (

    select * from {{ ref('stg_core_banking__account_transactions') }}

),

payments as (

    select * from {{ ref('stg_payments__payments') }}

),

final as (

    select
        'deposit:' || transactions.account_transaction_id as transaction_id,
        'deposit' as ledger,
        'core_banking' as source_name,
        'account_transactions' as table_name,
        transactions.account_transaction_id as record_id,
        transactions.account_no,
        cast(null as varchar) as card_token,
        cast(null as varchar) as cif_no,
        transactions.booked_at as transacted_at,
        {{ local_date('transactions.booked_at') }} as transaction_date,
        {{ local_date('transactions.booked_at') }} as posted_date,
        case transactions.direction when 'credit' then 'inflow' else 'outflow' end as direction,
        transactions.amount,
        transactions.currency_code,
        transactions.transaction_type,
        payments.payment_type,
        payments.mcc,
        payments.biller_category,
        coalesce(payments.counterparty_name, transactions.counterparty_name) as counterparty_name,
        transactions.counterparty_account_no,
        coalesce(transactions.channel, payments.channel) as channel,
        {{ is_internal_kind('transactions.transaction_type') }} as is_internal_kind,
        transactions.reversal_of_id is not null as is_refund,
        false as is_disputed,
        transactions.payment_id,
        coalesce(transactions.counterparty_account_no, payments.biller_code, transactions.counterparty_name)
            as counterparty_no,
        false as is_abroad,
        transactions._first_ingested_at as first_ingested_at
    from transactions
    left join payments on transactions.payment_id = payments.payment_id

)

select * from final
