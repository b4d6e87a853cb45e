with

credits as (

    select
        owners.person_id,
        postings.account_no,
        postings.transaction_type,
        {{ local_date('postings.booked_at') }} as transaction_date,
        postings.amount,
        postings.counterparty_account_no,
        postings.counterparty_name
    from {{ ref('stg_core_banking__account_transactions') }} as postings
    inner join {{ ref('int_customer__current_owners') }} as owners
        on postings.account_no = owners.account_no and owners.is_main_owner
    left join {{ ref('int_customer__current_owners') }} as own_accounts
        on postings.counterparty_account_no = own_accounts.account_no and owners.person_id = own_accounts.person_id
    where
        postings.direction = 'credit'
        and postings.reversal_of_id is null
        and postings.currency_code = '{{ setting("currency") }}'
        -- From an own account money only changes pockets.
        and own_accounts.account_no is null

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

recent as (

    select
        credits.person_id,
        credits.transaction_type = 'salary' as is_payroll,
        coalesce(credits.counterparty_account_no, credits.counterparty_name) as payer,
        credits.account_no,
        last_day(credits.transaction_date) as month_end_date,
        credits.amount
    from credits
    cross join as_of
    where
        last_day(credits.transaction_date) > last_day(cast(as_of.month_end_date - interval 6 month as date))
        and credits.transaction_date <= as_of.as_of_date
        -- Cash and interest have no payer who could be an employer.
        and credits.transaction_type in ('salary', 'transfer_in', 'other')
        and coalesce(credits.counterparty_account_no, credits.counterparty_name) is not null

),

payer_months as (

    select
        person_id,
        account_no,
        payer,
        month_end_date,
        bool_or(is_payroll) as is_payroll,
        sum(amount) as month_amount,
        count(*) as credit_count
    from recent
    group by person_id, account_no, payer, month_end_date

),

streams as (

    select
        person_id,
        bool_and(is_payroll) as is_payroll,
        count(*) as month_count,
        median(month_amount) as monthly_amount,
        avg(credit_count) as credits_a_month,
        stddev_pop(month_amount) / nullif(avg(month_amount), 0) as variation
    from payer_months
    group by person_id, account_no, payer

),

-- Payroll says so itself; any other payer has to come back in four of six months, once, with nearly the same amount.
regular as (

    select * from streams
    where (is_payroll and month_count >= 2) or (month_count >= 4 and credits_a_month <= 1.25 and variation < 0.15)

),

final as (

    select
        person_id,
        cast(round(sum(monthly_amount), 2) as decimal(18, 2)) as salary_amount,
        max(month_count) as month_count,
        bool_or(is_payroll) as is_payroll
    from regular
    group by person_id

)

select * from final
