{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['account_no', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_core_banking__account_transactions': [
    'select account_no, last_day(' ~ local_date('booked_at') ~ ') as month_end_date from changed'
]}) %}

with

postings as (

    select
        *,
        last_day({{ local_date('booked_at') }}) as month_end_date,
        -- What the account pays, the bank earns; a reversal goes the other way by itself.
        case direction when 'debit' then amount else -amount end as earned_amount
    from {{ ref('stg_core_banking__account_transactions') }}
    where currency_code = '{{ setting("currency") }}'
        {{ since_touched(touched, 'booked_at') }}

),

final as (

    select
        account_no,
        month_end_date,
        coalesce(channel, 'other') as channel,
        coalesce(sum(earned_amount) filter (where transaction_type = 'interest'), 0) as interest_amount,
        coalesce(sum(earned_amount) filter (where transaction_type = 'fee'), 0) as fee_amount,
        coalesce(sum(earned_amount) filter (where transaction_type = 'debit_card_purchase'), 0)
            as debit_card_spend_amount,
        count(*) as transaction_count
    from postings
    {% if is_incremental() -%}
    where (account_no, month_end_date) in (select (account_no, month_end_date) from {{ touched }})
    {%- endif %}
    group by all

)

select * from final
