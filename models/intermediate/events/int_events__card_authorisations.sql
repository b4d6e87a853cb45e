{{ config(materialized='view') }}

with

transactions as (

    select * from {{ ref('stg_cards__card_transactions') }}
    where transaction_type in ('purchase', 'cash_advance')

),

-- A report is that the transaction comes again as disputed. What was disputed when it came first was reported then.
reports as (

    select card_transaction_id, min(_ingested_at) as reported_at
    from {{ versions_of('stg_cards__card_transactions', 'int_superseded__card_transactions') }} as versions
    where is_disputed
    group by card_transaction_id

),

mcc_groups as (

    select * from {{ ref('mcc_groups') }}

),

final as (

    select
        transactions.card_transaction_id,
        transactions.card_token,
        transactions.authorised_at,
        {{ local_date('transactions.authorised_at') }} as transaction_date,
        transactions.transaction_type,
        transactions.amount,
        transactions.currency_code,
        mcc_groups.spending_category,
        transactions.merchant_id,
        coalesce(transactions.merchant_country_code, '{{ setting("country") }}') as country_code,
        coalesce(transactions.entry_mode, 'unknown') as entry_mode,
        transactions.terminal_id,
        transactions.is_approved,
        reports.reported_at
    from transactions
    left join mcc_groups on transactions.mcc = mcc_groups.mcc
    left join reports on transactions.card_transaction_id = reports.card_transaction_id

)

select * from final
