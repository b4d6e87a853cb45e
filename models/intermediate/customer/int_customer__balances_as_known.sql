{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months(
    ['stg_core_banking__account_balances', 'stg_core_banking__account_transactions', 'stg_core_banking__accounts']
) %}

with

pairs as (

    select * from {{ ref('int_customer__month_pairs') }}
    {% if is_incremental() -%}
    where closing_month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

-- What was struck before the first month of data belongs to it.
balances as (

    select *, greatest(last_day(balance_date), (select min(month_end_date) from pairs)) as month_end_date
    from {{ ref('int_customer__balance_versions') }}

),

postings as (

    select * from {{ ref('int_events__posting_versions') }}

),

closures as (

    select * from {{ ref('int_customer__account_closures') }}

),

standing as (

    select
        balances.account_no,
        pairs.closing_month_end_date as month_end_date,
        pairs.as_of_date,
        pairs.is_closed,
        pairs.closes_at,
        max(balances.balance_date) as balance_date,
        max_by(balances.ledger_balance_amount, (balances.balance_date, balances._ingested_at)) as ledger_balance_amount
    from balances
    inner join pairs on balances.month_end_date = pairs.month_end_date
    where
        balances.balance_date <= pairs.as_of_date
        and balances.known_at < pairs.closes_at
        and coalesce(balances.superseded_at >= pairs.closes_at, true)
    group by all

),

-- An account that was known to be closed in a month has no balance at its end.
opened as (

    select standing.*
    from standing
    anti join closures
        on standing.account_no = closures.account_no
        and standing.month_end_date >= date_trunc('month', closures.closed_date)
        and standing.closes_at > closures.known_at
        and standing.closes_at <= coalesce(closures.superseded_at, timestamp '9999-12-31')

),

-- Since the last balance the postings tell.
posted as (

    select
        opened.account_no,
        opened.month_end_date,
        sum(case postings.direction when 'credit' then postings.amount else -postings.amount end) as posted_amount
    from opened
    inner join postings on opened.account_no = postings.account_no
    where
        opened.balance_date < opened.as_of_date
        and postings.transaction_date > opened.balance_date
        and postings.transaction_date <= opened.as_of_date
        and postings.known_at < opened.closes_at
        and coalesce(postings.superseded_at >= opened.closes_at, true)
    group by opened.account_no, opened.month_end_date

),

final as (

    select
        opened.account_no,
        opened.month_end_date,
        opened.as_of_date,
        opened.is_closed,
        opened.ledger_balance_amount + coalesce(posted.posted_amount, 0) as ledger_balance_amount
    from opened
    left join posted on opened.account_no = posted.account_no and opened.month_end_date = posted.month_end_date

)

select * from final
