with

loans as (

    select * from {{ ref('stg_lending__loans') }}

),

states as (

    select * from {{ ref('int_finance__loan_states') }}

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

standing as (

    select
        states.*,
        loans.cif_no,
        loans.product_code,
        loans.interest_rate,
        months.as_of_date - cast(date_trunc('month', months.month_end_date) as date) + 1 as day_count,
        loans.disbursed_date >= date_trunc('month', months.month_end_date) as is_opened_in_month
    from states
    inner join loans on states.loan_no = loans.loan_no
    inner join months on states.month_end_date = months.month_end_date

),

-- Interest by the instalments due, paid or not, so that it lies in the month it was earned in.
instalments as (

    select
        loan_no,
        last_day(due_date) as month_end_date,
        sum(interest_amount) as interest_amount
    from {{ ref('stg_lending__loan_repayments') }}
    where due_date <= (select max(as_of_date) from months)
    group by all

),

told as (

    select loan_no
    from instalments
    group by loan_no
    having count(interest_amount) > 0

),

averaged as (

    select
        *,
        {{ average_of_month('loan_no') }} as average_balance_amount
    from standing

),

final as (

    select
        averaged.loan_no,
        averaged.cif_no,
        averaged.product_code,
        averaged.month_end_date,
        averaged.day_count,
        averaged.days_past_due,
        averaged.closing_balance_amount,
        averaged.average_balance_amount,
        -- A loan whose system sends no instalments earns its rate.
        coalesce(case
            when told.loan_no is not null then instalments.interest_amount
            else {{ interest_of_month(
                'averaged.average_balance_amount', 'averaged.interest_rate', 'averaged.day_count'
            ) }}
        end, 0) as interest_amount
    from averaged
    left join told on averaged.loan_no = told.loan_no
    left join instalments
        on averaged.loan_no = instalments.loan_no and averaged.month_end_date = instalments.month_end_date

)

select * from final
