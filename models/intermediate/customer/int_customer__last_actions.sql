with

deposits as (

    select * from {{ ref('int_events__deposit_transactions') }}
    where person_id is not null and channel is distinct from 'system'

),

cards as (

    select * from {{ ref('int_events__card_transactions') }}
    where person_id is not null and transaction_type not in ('fee', 'interest')

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
