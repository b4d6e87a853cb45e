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

versions as (

    select transactions.*, last_day(transactions.transaction_date) as month_end_date
    from {{ ref('int_events__card_versions') }} as transactions
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on transactions.card_token = touched.card_token
        and last_day(transactions.transaction_date) = touched.month_end_date
    {%- endif %}
    {{ since_touched(touched, 'transactions.authorised_at', 'where') }}

),

placed as (

    select
        *,
        {{ known_month('known_at', 'month_end_date') }} as known_month_end_date,
        {{ known_month('superseded_at', 'month_end_date') }} as superseded_month_end_date
    from versions

),

final as (

    select
        card_token,
        month_end_date,
        known_month_end_date,
        superseded_month_end_date,
        currency_code,
        -- Paying the card moves the holder's own money; the purchases are what was spent.
        coalesce(sum(owed_amount) filter (where transaction_type != 'repayment'), 0) as outflow_amount,
        coalesce(sum(owed_amount) filter (
            where transaction_type in ('purchase', 'cash_advance', 'refund')
        ), 0) as spend_amount,
        sum(owed_amount) as net_amount,
        count(*) as transaction_count,
        -- Interest and fees are the bank's doing.
        count(*) filter (transaction_type not in ('interest', 'fee')) as deed_count,
        max(case when authorised_at <= _ingested_at then transaction_date end) filter (
            transaction_type not in ('interest', 'fee')
        ) as last_deed_date,
        count(*) filter (where transaction_type = 'purchase') as purchase_count,
        max(case when authorised_at <= _ingested_at then transaction_date end) as last_transaction_date
    from placed
    where superseded_month_end_date is null or superseded_month_end_date > known_month_end_date
    group by all

)

select * from final
