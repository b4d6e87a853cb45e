{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['holder_type', 'holder_no', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({
    'stg_cards__card_transactions': [
        "select 'card' as holder_type, card_token as holder_no, last_day(" ~ local_date('authorised_at')
        ~ ') as month_end_date from changed'
    ],
    'stg_core_banking__account_transactions': [
        "select 'account' as holder_type, account_no as holder_no, last_day(" ~ local_date('booked_at')
        ~ ') as month_end_date from changed'
    ],
}) %}

with

mcc_groups as (

    select * from {{ ref('mcc_groups') }}

),

-- What is given back makes spending smaller.
charges as (

    select
        'card' as holder_type, cards.card_token as holder_no, cards.transaction_date, cards.known_at,
        cards.superseded_at, cards.owed_amount as amount,
        case when cards.transaction_type = 'cash_advance' then 'cash' else 'card' end as kind,
        mcc_groups.spending_category as category,
        coalesce(cards.entry_mode in ('ecommerce', 'recurring'), false) as is_online,
        coalesce(cards.merchant_country_code != '{{ setting("country") }}', false) as is_abroad
    from {{ ref('int_events__card_versions') }} as cards
    left join mcc_groups on cards.mcc = mcc_groups.mcc
    where
        cards.transaction_type in ('purchase', 'cash_advance', 'refund')
        {{ since_touched(touched, 'cards.authorised_at') }}
        and cards.currency_code = '{{ setting("currency") }}'

),

postings as (

    select
        'account' as holder_type, account_no as holder_no, transaction_date, known_at, superseded_at,
        case direction when 'debit' then amount else -amount end as amount,
        case transaction_type
            when 'cash_withdrawal' then 'cash' when 'debit_card_purchase' then 'debit_card'
            when 'transfer_out' then 'transfer' when 'bill_payment' then 'bill'
        end as kind
    from {{ ref('int_events__posting_versions') }}
    where
        transaction_type in ('cash_withdrawal', 'debit_card_purchase', 'transfer_out', 'bill_payment')
        {{ since_touched(touched, 'booked_at') }}
        and currency_code = '{{ setting("currency") }}'

),

movements as (

    select * from charges
    union all by name
    select * from postings

),

placed as (

    select
        *,
        last_day(transaction_date) as month_end_date,
        {{ known_month('known_at', 'last_day(transaction_date)') }} as known_month_end_date,
        {{ known_month('superseded_at', 'last_day(transaction_date)') }} as superseded_month_end_date
    from movements

),

final as (

    select
        placed.holder_type,
        placed.holder_no,
        placed.month_end_date,
        placed.known_month_end_date,
        placed.superseded_month_end_date,
        placed.kind,
        placed.category,
        placed.is_online,
        placed.is_abroad,
        sum(placed.amount) as amount
    from placed
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on placed.holder_type = touched.holder_type
        and placed.holder_no = touched.holder_no
        and placed.month_end_date = touched.month_end_date
    {%- endif %}
    where coalesce(placed.superseded_month_end_date > placed.known_month_end_date, true)
    group by all

)

select * from final
