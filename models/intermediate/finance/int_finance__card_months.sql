{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['card_token', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_cards__card_transactions': [
    'select card_token, last_day(' ~ local_date('authorised_at') ~ ') as month_end_date from changed'
]}) %}

with

transactions as (

    select *, last_day({{ local_date('authorised_at') }}) as month_end_date
    from {{ ref('stg_cards__card_transactions') }}
    where is_approved and currency_code = '{{ setting("currency") }}'
        {{ since_touched(touched, 'authorised_at') }}

),

mcc_groups as (

    select * from {{ ref('mcc_groups') }}

),

final as (

    select
        transactions.card_token,
        transactions.month_end_date,
        coalesce(mcc_groups.spending_category, 'other') as spending_category,
        -- A refund takes the interchange back; drawing cash earns none.
        coalesce(sum(case transactions.transaction_type
            when 'purchase' then transactions.amount when 'refund' then -transactions.amount
        end), 0) as purchase_amount,
        coalesce(sum(transactions.amount) filter (where transactions.transaction_type = 'interest'), 0)
            as interest_amount,
        coalesce(sum(transactions.amount) filter (where transactions.transaction_type = 'fee'), 0) as fee_amount,
        count(*) filter (where transactions.transaction_type not in ('interest', 'fee')) as transaction_count
    from transactions
    left join mcc_groups on transactions.mcc = mcc_groups.mcc
    {% if is_incremental() -%}
    where (card_token, month_end_date) in (select (card_token, month_end_date) from {{ touched }})
    {%- endif %}
    group by all

)

select * from final
