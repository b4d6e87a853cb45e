{{ config(materialized='view') }}

with

postings as (

    select * from {{ ref('int_events__posting_versions') }}
    where currency_code = '{{ setting("currency") }}'

),

cards as (

    select * from {{ ref('int_events__card_versions') }}
    where currency_code = '{{ setting("currency") }}'

),

-- Flows are told as in int_events__account_months and int_events__card_months.
final as (

    select
        'account' as holder_type,
        account_no as holder_no,
        transaction_date,
        known_at,
        superseded_at,
        case when counterparty_bank_code is null then counterparty_account_no end as counterparty_account_no,
        case
            when {{ is_internal_kind('transaction_type') }} then 0
            when reversal_of_id is null and direction = 'credit' then amount
            when reversal_of_id is not null and direction = 'debit' then -amount
            else 0
        end as inflow_amount,
        case
            when {{ is_internal_kind('transaction_type') }} then 0
            when reversal_of_id is null and direction = 'debit' then amount
            when reversal_of_id is not null and direction = 'credit' then -amount
            else 0
        end as outflow_amount,
        0 as card_spend_amount,
        0 as card_purchase_count
    from postings

    union all

    select
        'card' as holder_type,
        card_token as holder_no,
        transaction_date,
        known_at,
        superseded_at,
        null as counterparty_account_no,
        0 as inflow_amount,
        case when transaction_type = 'repayment' then 0 else owed_amount end as outflow_amount,
        case when transaction_type in ('purchase', 'cash_advance', 'refund') then owed_amount else 0 end
            as card_spend_amount,
        cast(transaction_type = 'purchase' as integer) as card_purchase_count
    from cards

)

select * from final
