{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['cif_no', 'transaction_date'],
    post_hook="{{ remember_seen() }}",
    on_schema_change='fail',
) }}
{#- What came late or was corrected is in the history of the 90 days after it. -#}
{%- set touched = touched_groups({'stg_payments__payments': [
    'select cif_no, ' ~ local_date('paid_at') ~ ' as transaction_date from changed',
    'select rows.cif_no, ' ~ local_date('rows.paid_at') ~ ' as transaction_date from ' ~ ref('stg_payments__payments')
    ~ ' as rows inner join (select cif_no, min(paid_at) as since_at from changed group by cif_no) as payers on'
    ~ ' rows.cif_no = payers.cif_no and rows.paid_at between payers.since_at and payers.since_at + interval 92 day',
]}) %}

with

transfers as (

    select
        *,
        {{ local_date('paid_at') }} as transaction_date
    from {{ ref('stg_payments__payments') }}
    where payment_type = 'transfer' and payment_status != 'failed'
    {% if is_incremental() -%}
        and cif_no in (select cif_no from {{ touched }})
        and paid_at >= (select min(transaction_date) - 92 from {{ touched }})
    {%- endif %}

),

-- Only what was ordered before counts: the bank sees that at once.
histories as (

    select
        *,
        date_diff('minute', {{ local_midnight('transaction_date') }}, paid_at) // 60 as hour_of_day,
        count(*) over hour as transfer_1h_count,
        count(*) over day as transfer_24h_count,
        count(*) over quarter as transfer_90d_count,
        sum(amount) over day as transfer_24h_amount,
        sum(amount) over quarter as transfer_90d_amount,
        max(amount) over quarter as highest_amount,
        lag(paid_at) over to_payee as last_to_payee_at
    from transfers
    window
        hour as (by_time range between interval 1 hour preceding and interval 1 microsecond preceding),
        day as (by_time range between interval 24 hour preceding and interval 1 microsecond preceding),
        quarter as (by_time range between interval 90 day preceding and interval 1 microsecond preceding),
        by_time as (partition by cif_no order by paid_at),
        to_payee as (
            partition by cif_no, counterparty_bank_code, counterparty_name order by paid_at, payment_id
        )

),

signs as (

    select
        *,
        round(amount * transfer_90d_count / nullif(transfer_90d_amount, 0), 4) as amount_to_mean_ratio,
        coalesce(last_to_payee_at < paid_at - interval 90 day, true) as is_new_payee
    from histories

),

final as (

    select
        signs.payment_id,
        signs.cif_no,
        signs.paid_at,
        signs.transaction_date,
        signs.channel,
        cast(signs.amount as decimal(18, 2)) as amount,
        signs.currency_code,
        cast(signs.hour_of_day as integer) as hour_of_day,
        cast(signs.transfer_1h_count as integer) as transfer_1h_count,
        cast(signs.transfer_24h_count as integer) as transfer_24h_count,
        cast(signs.transfer_90d_count as integer) as transfer_90d_count,
        cast(coalesce(signs.transfer_24h_amount, 0) as decimal(18, 2)) as transfer_24h_amount,
        signs.amount_to_mean_ratio,
        coalesce(signs.amount > signs.highest_amount, false) as is_highest,
        signs.is_new_payee
    from signs
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on signs.cif_no = touched.cif_no and signs.transaction_date = touched.transaction_date
    {%- endif %}

)

select * from final
