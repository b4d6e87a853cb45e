{{ config(materialized='view') }}

with

payments as (

    select * from {{ ref('stg_payments__payments') }}
    where payment_status = 'completed'

),

postings as (

    select payment_id from {{ ref('stg_core_banking__account_transactions') }} where payment_id is not null
    union all
    select payment_id from {{ ref('stg_cards__card_transactions') }} where payment_id is not null

),

-- A payment that a ledger here has booked is counted there, once.
final as (

    select
        'payment:' || payments.payment_id as transaction_id,
        'payment' as ledger,
        'payments' as source_name,
        'payments' as table_name,
        payments.payment_id as record_id,
        payments.account_no,
        payments.card_token,
        payments.cif_no,
        payments.paid_at as transacted_at,
        {{ local_date('payments.paid_at') }} as transaction_date,
        cast(null as date) as posted_date,
        'outflow' as direction,
        payments.amount,
        payments.currency_code,
        'payment' as transaction_type,
        payments.payment_type,
        payments.mcc,
        payments.biller_category,
        payments.counterparty_name,
        cast(null as varchar) as counterparty_account_no,
        payments.channel,
        false as is_internal_kind,
        false as is_refund,
        false as is_disputed,
        payments.payment_id,
        coalesce(payments.biller_code, payments.counterparty_name) as counterparty_no,
        false as is_abroad,
        payments._first_ingested_at as first_ingested_at
    from payments
    where not exists (select 1 from postings where postings.payment_id = payments.payment_id)

)

select * from final
