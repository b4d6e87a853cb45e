with

loans as (

    select * from {{ ref('stg_lending__loans') }}
    -- What was applied for or declined is no loan.
    where loan_status not in ('applied', 'declined') and currency_code = '{{ setting("currency") }}'

),

repayments as (

    select * from {{ ref('stg_lending__loan_repayments') }}

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

products as (

    select * from {{ ref('products') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- Some banks send each instalment when it falls due, others the whole schedule: what lies ahead is not overdue.
instalments as (

    select
        repayments.loan_no,
        max(repayments.due_date) filter (where repayments.due_date <= as_of.as_of_date) as last_due_date,
        min(repayments.due_date) filter (where repayments.due_date > as_of.as_of_date) as next_due_date,
        sum(repayments.due_amount - coalesce(repayments.paid_amount, 0)) filter (
            where repayments.paid_at is null and repayments.due_date <= as_of.as_of_date
        ) as overdue_amount,
        count(*) filter (
            where repayments.paid_at is null and repayments.due_date <= as_of.as_of_date
        ) as overdue_count,
        count(*) filter (where {{ local_date('repayments.paid_at') }} > repayments.due_date) as late_count
    from repayments
    cross join as_of
    group by repayments.loan_no

),

final as (

    select
        loans.loan_no,
        persons.person_id,
        loans.product_code,
        products.product_group,
        loans.loan_status,
        loans.loan_status in ('active', 'in_arrears') as is_open,
        loans.disbursed_date as opened_date,
        loans.closed_date,
        loans.maturity_date,
        loans.principal_amount,
        loans.outstanding_amount,
        loans.instalment_amount,
        coalesce(loans.days_past_due, 0) as days_past_due,
        coalesce(instalments.overdue_amount, 0) as overdue_amount,
        coalesce(instalments.overdue_count, 0) as overdue_count,
        coalesce(instalments.late_count, 0) as late_count,
        -- Where the schedule isn't sent, the instalment after the last one that fell due; nothing follows the last.
        coalesce(
            instalments.next_due_date,
            least(
                cast(coalesce(instalments.last_due_date, loans.disbursed_date) + interval 1 month as date),
                loans.maturity_date
            )
        ) as next_due_date
    from loans
    inner join persons on loans.cif_no = persons.cif_no
    left join products on loans.product_code = products.product_code
    left join instalments on loans.loan_no = instalments.loan_no

)

select * from final
