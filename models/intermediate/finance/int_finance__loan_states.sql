with

loans as (

    select * from {{ ref('stg_lending__loans') }}
    where disbursed_date is not null and currency_code = '{{ setting("currency") }}'

),

versions as (

    select loan_no, outstanding_amount, days_past_due, updated_at, _ingested_at from loans
    union all
    select loan_no, outstanding_amount, days_past_due, updated_at, _ingested_at
    from {{ ref('int_superseded__loans') }}
    where loan_no in (select loan_no from loans)

),

repayments as (

    select
        loan_no,
        last_day({{ local_date('paid_at') }}) as month_end_date,
        sum(principal_amount) as principal_amount
    from {{ ref('stg_lending__loan_repayments') }}
    where paid_at is not null
    group by all

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

month_states as (

    select
        loan_no,
        greatest(last_day({{ local_date('updated_at') }}), (select min(month_end_date) from months)) as month_end_date,
        max_by(outstanding_amount, (updated_at, _ingested_at)) as outstanding_amount,
        coalesce(max_by(coalesce(days_past_due, 0), (updated_at, _ingested_at)), 0) as days_past_due
    from versions
    group by all

),

loan_months as (

    select
        loans.loan_no,
        months.month_end_date,
        month_states.outstanding_amount,
        month_states.days_past_due,
        sum(coalesce(repayments.principal_amount, 0)) over (
            partition by loans.loan_no order by months.month_end_date
        ) as repaid_amount
    from loans
    inner join months
        on loans.disbursed_date <= months.as_of_date
        and coalesce(last_day(loans.closed_date) >= months.month_end_date, true)
    left join month_states
        on loans.loan_no = month_states.loan_no and months.month_end_date = month_states.month_end_date
    left join repayments
        on loans.loan_no = repayments.loan_no and months.month_end_date = repayments.month_end_date

),

-- What the lending system said last by the month's end; before it said anything, what it said first and what was
-- repaid until then.
final as (

    select
        loan_no,
        month_end_date,
        cast(coalesce(
            last_value(outstanding_amount ignore nulls) over so_far,
            first_value(outstanding_amount ignore nulls) over from_here
            + first_value(case when outstanding_amount is not null then repaid_amount end ignore nulls) over from_here
            - repaid_amount,
            0
        ) as decimal(18, 2)) as closing_balance_amount,
        coalesce(last_value(days_past_due ignore nulls) over so_far, 0) as days_past_due
    from loan_months
    window
        so_far as (
            partition by loan_no order by month_end_date rows between unbounded preceding and current row
        ),
        from_here as (
            partition by loan_no order by month_end_date rows between current row and unbounded following
        )

)

select * from final
