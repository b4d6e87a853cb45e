{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['card_token', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set month = 'last_day(' ~ local_date('authorised_at') ~ ')' -%}
{%- set touched = touched_groups({
    'stg_cards__card_transactions': ['select card_token, ' ~ month ~ ' as month_end_date from changed'],
}) %}

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

versions as (

    select
        transactions.*,
        {{ local_date('transactions.authorised_at') }} as transaction_date,
        {{ month }} as month_end_date,
        {{ known_at('transactions.authorised_at', 'first_delivery.first_delivery_date') }} as known_at,
        -- Refunds and repayments lower what is owed.
        case when transactions.transaction_type in ('refund', 'repayment') then -transactions.amount
            else transactions.amount end as owed_amount
    from transactions
    cross join first_delivery
    {% if is_incremental() -%}
    semi join {{ touched }} as touched on transactions.card_token = touched.card_token and {{ month }} = touched.month_end_date
    {%- endif %}
    where transactions.is_approved

),

placed as (

    select
        *,
        {{ known_month('known_at', 'month_end_date') }} as known_month_end_date,
        {{ known_month('_superseded_at', 'month_end_date') }} as superseded_month_end_date
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
        count(*) filter (where transaction_type = 'purchase') as purchase_count,
        max(case when authorised_at <= _ingested_at then transaction_date end) as last_transaction_date
    from placed
    where superseded_month_end_date is null or superseded_month_end_date > known_month_end_date
    group by all

)

select * from final
