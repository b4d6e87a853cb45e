{{ config(materialized='view') }}

with

postings as (

    select * from {{ ref('stg_core_banking__account_transactions') }}

),

final as (

    select 'account' as holder_type, account_no as holder_no, 'deposit:' || account_transaction_id as transaction_id
    from postings

    union all

    select
        'account' as holder_type,
        counterparty_account_no as holder_no,
        'deposit:' || account_transaction_id as transaction_id
    from postings
    where counterparty_account_no is not null and counterparty_account_no is distinct from account_no

    union all

    select 'card' as holder_type, card_token as holder_no, 'credit_card:' || card_transaction_id as transaction_id
    from {{ ref('stg_cards__card_transactions') }}

    union all

    select 'customer_number' as holder_type, cif_no as holder_no, 'payment:' || payment_id as transaction_id
    from {{ ref('stg_payments__payments') }}
    where cif_no is not null

)

select * from final
