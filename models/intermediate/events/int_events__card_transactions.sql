{{ config(materialized='view') }}

with

transactions as (

    select * from {{ ref('stg_cards__card_transactions') }}
    where is_approved

),

payments as (

    select * from {{ ref('stg_payments__payments') }}

),

final as (

    select
        'credit_card:' || transactions.card_transaction_id as transaction_id,
        'credit_card' as ledger,
        'cards' as source_name,
        'card_transactions' as table_name,
        transactions.card_transaction_id as record_id,
        cast(null as varchar) as account_no,
        transactions.card_token,
        cast(null as varchar) as cif_no,
        transactions.authorised_at as transacted_at,
        {{ local_date('transactions.authorised_at') }} as transaction_date,
        transactions.posted_date,
        case when transactions.transaction_type in ('refund', 'repayment') then 'inflow' else 'outflow' end
            as direction,
        transactions.amount,
        transactions.currency_code,
        transactions.transaction_type,
        payments.payment_type,
        coalesce(transactions.mcc, payments.mcc) as mcc,
        payments.biller_category,
        coalesce(transactions.merchant_name, payments.counterparty_name) as counterparty_name,
        cast(null as varchar) as counterparty_account_no,
        case
            when transactions.entry_mode in ('ecommerce', 'recurring') then 'online'
            when transactions.entry_mode is not null then 'pos'
        end as channel,
        -- Paying the card moves the holder's own money; the purchases are what was spent.
        transactions.transaction_type = 'repayment' as is_internal_kind,
        transactions.transaction_type = 'refund' as is_refund,
        coalesce(transactions.is_disputed, false) as is_disputed,
        transactions.payment_id,
        coalesce(payments.biller_code, transactions.merchant_id, transactions.merchant_name) as counterparty_no,
        coalesce(transactions.merchant_country_code != '{{ setting("country") }}', false) as is_abroad,
        transactions._first_ingested_at as first_ingested_at
    from transactions
    left join payments on transactions.payment_id = payments.payment_id

)

select * from final
