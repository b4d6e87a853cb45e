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

instalments as (

    select
        loan_no,
        max(due_date) as last_due_date,
        sum(due_amount - coalesce(paid_amount, 0)) filter (where paid_at is null) as overdue_amount,
        count(*) filter (where paid_at is null) as overdue_count,
        count(*) filter (where {{ local_date('paid_at') }} > due_date) as late_count
    from repayments
    group by loan_no

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
        -- The instalment after the last one that fell due; nothing follows the last.
        least(
            cast(coalesce(instalments.last_due_date, loans.disbursed_date) + interval 1 month as date),
            loans.maturity_date
        ) as next_due_date
    from loans
    inner join persons on loans.cif_no = persons.cif_no
    left join products on loans.product_code = products.product_code
    left join instalments on loans.loan_no = instalments.loan_no

)

select * from final
