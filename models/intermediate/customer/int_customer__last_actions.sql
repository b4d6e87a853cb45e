with

deposits as (

    select
        owners.person_id,
        transactions.transaction_type,
        transactions.transacted_at,
        transactions.transaction_id,
        transactions.transaction_date
    from {{ ref('int_events__deposit_transactions') }} as transactions
    inner join {{ ref('int_customer__current_owners') }} as owners
        on transactions.account_no = owners.account_no and owners.is_main_owner
    where transactions.channel is distinct from 'system'

),

cards as (

    select
        cards.person_id,
        transactions.transaction_type,
        transactions.transacted_at,
        transactions.transaction_id,
        transactions.transaction_date
    from {{ ref('int_events__card_transactions') }} as transactions
    inner join {{ ref('int_customer__cards') }} as cards on transactions.card_token = cards.card_token
    where transactions.transaction_type not in ('fee', 'interest')

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

actions as (

    select person_id, 'deposit' as ledger, transaction_type, transacted_at, transaction_id, transaction_date
    from deposits
    union all
    select person_id, 'credit_card' as ledger, transaction_type, transacted_at, transaction_id, transaction_date
    from cards

),

final as (

    select
        person_id,
        max_by(transaction_type, (transacted_at, transaction_id))
            filter (where ledger = 'deposit') as last_deposit_action,
        max(transacted_at) filter (where ledger = 'deposit') as last_deposit_action_at,
        max_by(transaction_type, (transacted_at, transaction_id))
            filter (where ledger = 'credit_card') as last_card_action,
        max(transacted_at) filter (where ledger = 'credit_card') as last_card_action_at
    from actions
    inner join as_of on actions.transaction_date <= as_of.as_of_date
    group by person_id

)

select * from final
