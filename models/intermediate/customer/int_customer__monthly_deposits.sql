with

balances as (

    select * from {{ ref('int_customer__account_balances') }}

),

accounts as (

    select * from {{ ref('stg_core_banking__accounts') }}

),

account_owners as (

    select * from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

month_balances as (

    select
        account_no,
        last_day(balance_date) as month_end_date,
        max_by(ledger_balance_amount, balance_date) as ledger_balance_amount
    from balances
    group by account_no, last_day(balance_date)

),

-- A balance stands until the next one is struck, and until the account is closed.
spans as (

    select
        month_balances.account_no,
        month_balances.ledger_balance_amount,
        month_balances.month_end_date as from_month,
        least(
            coalesce(
                cast(lead(month_balances.month_end_date) over (
                    partition by month_balances.account_no order by month_balances.month_end_date
                ) - interval 1 month as date),
                as_of.month_end_date
            ),
            coalesce(cast(date_trunc('month', accounts.closed_date) - interval 1 day as date), as_of.month_end_date)
        ) as to_month
    from month_balances
    left join accounts on month_balances.account_no = accounts.account_no
    cross join as_of

),

account_months as (

    select
        account_no,
        ledger_balance_amount,
        last_day(cast(unnest(generate_series(
            date_trunc('month', from_month), date_trunc('month', to_month), interval 1 month
        )) as date)) as month_end_date
    from spans

),

-- Equal parts to the cent: what doesn't divide goes to the main owner.
owned as (

    select
        account_owners.person_id,
        account_months.month_end_date,
        account_months.account_no,
        case
            when account_owners.is_main_owner
                then account_months.ledger_balance_amount
                    - (account_owners.owner_count - 1)
                    * round(account_months.ledger_balance_amount / account_owners.owner_count, 2)
            else round(account_months.ledger_balance_amount / account_owners.owner_count, 2)
        end as owned_amount
    from account_months
    inner join account_owners
        on account_months.account_no = account_owners.account_no
        and account_months.month_end_date
        between account_owners.from_month_end_date and account_owners.to_month_end_date

),

final as (

    select
        person_id,
        month_end_date,
        cast(sum(owned_amount) as decimal(18, 2)) as deposit_balance_amount,
        count(*) as deposit_account_count
    from owned
    group by person_id, month_end_date

)

select * from final
