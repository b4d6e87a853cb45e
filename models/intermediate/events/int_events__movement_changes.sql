{{ config(materialized='view') }}

with

postings as (

    select * from {{ changes_of(ref('stg_core_banking__account_transactions')) }} as changes

),

cards as (

    select * from {{ changes_of(ref('stg_cards__card_transactions')) }} as changes

),

payments as (

    select * from {{ changes_of(ref('stg_payments__payments')) }} as changes

),

-- A payment changes what its posting is called, and a posting whether its payment counts.
changes as (

    select
        'stg_core_banking__account_transactions' as staging_model,
        changed_at,
        unnest([
            'deposit:' || account_transaction_id,
            case when payment_id is not null then 'payment:' || payment_id end
        ]) as transaction_id
    from postings

    union all

    select
        'stg_cards__card_transactions' as staging_model,
        changed_at,
        unnest([
            'credit_card:' || card_transaction_id,
            case when payment_id is not null then 'payment:' || payment_id end
        ]) as transaction_id
    from cards

    union all

    select 'stg_payments__payments' as staging_model, changed_at, 'payment:' || payment_id as transaction_id
    from payments

    union all

    select
        'stg_payments__payments' as staging_model,
        payments.changed_at,
        'deposit:' || postings.account_transaction_id as transaction_id
    from payments
    inner join {{ ref('stg_core_banking__account_transactions') }} as postings
        on payments.payment_id = postings.payment_id

    union all

    select
        'stg_payments__payments' as staging_model,
        payments.changed_at,
        'credit_card:' || cards.card_transaction_id as transaction_id
    from payments
    inner join {{ ref('stg_cards__card_transactions') }} as cards on payments.payment_id = cards.payment_id

),

final as (

    select
        staging_model,
        changed_at,
        transaction_id
    from changes
    where transaction_id is not null
    group by all

)

select * from final
