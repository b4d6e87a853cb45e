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

versions as (

    select
        postings.*,
        last_day(postings.transaction_date) as month_end_date,
        {{ is_internal_kind('postings.transaction_type') }} as is_internal,
        postings.reversal_of_id is not null as is_refund
    from {{ ref('int_events__posting_versions') }} as postings
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on postings.account_no = touched.account_no and last_day(postings.transaction_date) = touched.month_end_date
    {%- endif %}
    {{ since_touched(touched, 'postings.booked_at', 'where') }}

),

placed as (

    select
        *,
        {{ known_month('known_at', 'month_end_date') }} as known_month_end_date,
        {{ known_month('superseded_at', 'month_end_date') }} as superseded_month_end_date,
        -- Who owns the other account decides whether the money stayed with the person; that isn't known here.
        case when counterparty_bank_code is null and not is_internal then counterparty_account_no end
            as counterparty_account_no_here
    from versions

),

final as (

    select
        account_no,
        month_end_date,
        known_month_end_date,
        superseded_month_end_date,
        counterparty_account_no_here as counterparty_account_no,
        currency_code,
        -- What is given back makes the flow it belonged to smaller; it is no new flow the other way.
        coalesce(sum(case when is_refund then -amount else amount end) filter (
            where direction = case when is_refund then 'debit' else 'credit' end and not is_internal
        ), 0) as inflow_amount,
        coalesce(sum(case when is_refund then -amount else amount end) filter (
            where direction = case when is_refund then 'credit' else 'debit' end and not is_internal
        ), 0) as outflow_amount,
        coalesce(sum(amount) filter (where transaction_type = 'salary'), 0) as salary_amount,
        sum(case direction when 'credit' then amount else -amount end) as net_amount,
        count(*) as transaction_count,
        -- Interest and fees are the bank's doing.
        count(*) filter (transaction_type not in ('interest', 'fee')) as deed_count,
        max(case when booked_at <= _ingested_at then transaction_date end) filter (
            transaction_type not in ('interest', 'fee')
        ) as last_deed_date,
        max(case when booked_at <= _ingested_at then transaction_date end) as last_transaction_date
    from placed
    where superseded_month_end_date is null or superseded_month_end_date > known_month_end_date
    group by all

)

select * from final
