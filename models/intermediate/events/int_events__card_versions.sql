{{ config(materialized='view') }}

with

transactions as (

    select * from {{ ref('stg_cards__card_transactions') }}
    union all by name
    select * from {{ ref('int_superseded__card_transactions') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'cards' and table_name = 'card_transactions'

),

final as (

    select
        transactions.* exclude (_superseded_at),
        {{ local_date('transactions.authorised_at') }} as transaction_date,
        -- Refunds and repayments lower what is owed.
        case
            when transactions.transaction_type in ('refund', 'repayment') then -transactions.amount
            else transactions.amount
        end as owed_amount,
        {{ known_at('transactions.authorised_at', 'first_delivery.first_delivery_date', 'transactions._ingested_at') }}
            as known_at,
        transactions._superseded_at as superseded_at
    from transactions
    cross join first_delivery
    where transactions.is_approved

)

select * from final
