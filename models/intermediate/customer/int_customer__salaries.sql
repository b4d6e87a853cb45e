with

salaries as (

    select * from {{ ref('int_customer__recurring_payments') }}
    where is_payroll or is_like_salary

),

final as (

    select
        person_id,
        cast(round(sum(recent_month_amount), 2) as decimal(18, 2)) as salary_amount,
        max(recent_month_count) as month_count,
        bool_or(is_payroll) as is_payroll,
        -- Of several payers, the day of the one that pays most.
        cast(max_by(round(month_day), (recent_month_amount, holder_no, counterparty_no)) as integer)
            as salary_day_of_month,
        max(last_payment_date) as last_salary_date
    from salaries
    group by person_id

)

select * from final
