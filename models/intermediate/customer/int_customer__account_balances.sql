with

balances as (

    select account_no, balance_date, ledger_balance_amount
    from {{ ref('stg_core_banking__account_balances') }}
    where currency_code = '{{ setting("currency") }}'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

last_balances as (

    select
        account_no,
        max(balance_date) as balance_date,
        max_by(ledger_balance_amount, balance_date) as ledger_balance_amount
    from balances
    group by account_no

),

postings as (

    select
        account_no,
        {{ local_date('booked_at') }} as transaction_date,
        case direction when 'credit' then amount else -amount end as signed_amount
    from {{ ref('stg_core_banking__account_transactions') }}

),

-- Between two balances the postings tell: what was struck last and what was booked since.
carried_forward as (

    select
        last_balances.account_no,
        max(postings.transaction_date) as balance_date,
        any_value(last_balances.ledger_balance_amount)
            + sum(postings.signed_amount)
            as ledger_balance_amount
    from last_balances
    inner join postings on last_balances.account_no = postings.account_no
    cross join as_of
    where
        postings.transaction_date > last_balances.balance_date
        and postings.transaction_date <= as_of.as_of_date
    group by last_balances.account_no

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
