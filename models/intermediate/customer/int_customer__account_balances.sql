with

balances as (

    select account_no, balance_date, ledger_balance_amount
    from {{ ref('stg_core_banking__account_balances') }}
    where currency_code = '{{ setting("currency") }}'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

month_balances as (

    select
        account_no,
        last_day(balance_date) as month_end_date,
        max(balance_date) as balance_date,
        max_by(ledger_balance_amount, balance_date) as ledger_balance_amount
    from balances
    group by account_no, last_day(balance_date)

),

postings as (

    select
        account_no,
        {{ local_date('booked_at') }} as transaction_date,
        case direction when 'credit' then amount else -amount end as signed_amount
    from {{ ref('stg_core_banking__account_transactions') }}

),

-- What the last balance of its month doesn't hold.
posted as (

    select
        postings.account_no,
        last_day(postings.transaction_date) as month_end_date,
        max(postings.transaction_date) as transaction_date,
        sum(postings.signed_amount) as posted_amount
    from postings
    cross join as_of
    left join month_balances
        on postings.account_no = month_balances.account_no
        and last_day(postings.transaction_date) = month_balances.month_end_date
    where
        coalesce(postings.transaction_date > month_balances.balance_date, true)
        and postings.transaction_date <= as_of.as_of_date
    group by postings.account_no, last_day(postings.transaction_date)

),

months as (

    select
        coalesce(posted.account_no, month_balances.account_no) as account_no,
        coalesce(posted.month_end_date, month_balances.month_end_date) as month_end_date,
        posted.transaction_date,
        posted.posted_amount,
        month_balances.ledger_balance_amount
    from posted
    full outer join month_balances
        on posted.account_no = month_balances.account_no and posted.month_end_date = month_balances.month_end_date

),

standing as (

    select *, count(ledger_balance_amount) over (partition by account_no order by month_end_date) as balance_no
    from months

),

-- Until the next balance is struck the postings tell: a month ends with what was struck last and was booked since.
carried_forward as (

    select
        account_no,
        transaction_date as balance_date,
        first_value(ledger_balance_amount) over since_balance + sum(posted_amount) over since_balance
            as ledger_balance_amount
    from standing
    where balance_no > 0
    window since_balance as (
        partition by account_no, balance_no order by month_end_date rows between unbounded preceding and current row
    )
    qualify transaction_date is not null

),

final as (

    select
        account_no,
        balance_date,
        ledger_balance_amount,
        false as is_carried_forward
    from balances

    union all

    select
        account_no,
        balance_date,
        ledger_balance_amount,
        true as is_carried_forward
    from carried_forward

)

select * from final
