with

balances as (

    select * from {{ ref('int_customer__account_balances') }}

),

accounts as (

    select * from {{ ref('stg_core_banking__accounts') }}

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

-- What was struck before the first month of data stands at its beginning.
month_balances as (

    select
        account_no,
        greatest(last_day(balance_date), (select min(month_end_date) from months)) as month_end_date,
        max_by(ledger_balance_amount, balance_date) as balance_amount
    from balances
    group by all

),

first_balances as (

    select account_no, min(month_end_date) as month_end_date
    from month_balances
    group by account_no

),

account_months as (

    select
        first_balances.account_no,
        accounts.product_code,
        months.month_end_date,
        months.as_of_date - cast(date_trunc('month', months.month_end_date) as date) + 1 as day_count,
        coalesce(accounts.opened_date >= date_trunc('month', months.month_end_date), false) as is_opened_in_month,
        coalesce(accounts.closed_date <= months.as_of_date, false) as is_closed_in_month
    from first_balances
    inner join months on first_balances.month_end_date <= months.month_end_date
    left join accounts on first_balances.account_no = accounts.account_no
    where coalesce(last_day(accounts.closed_date) >= months.month_end_date, true)

),

-- A balance stands until the next one is struck, and until the account is closed.
standing as (

    select
        account_months.*,
        case
            when account_months.is_closed_in_month then 0
            else last_value(month_balances.balance_amount ignore nulls) over (
                partition by account_months.account_no order by account_months.month_end_date
                rows between unbounded preceding and current row
            )
        end as closing_balance_amount
    from account_months
    left join month_balances
        on account_months.account_no = month_balances.account_no
        and account_months.month_end_date = month_balances.month_end_date

),

final as (

    select
        account_no,
        product_code,
        month_end_date,
        day_count,
        closing_balance_amount,
        {{ average_of_month('account_no') }} as average_balance_amount
    from standing

)

select * from final
