with

contracts as (

    select * from {{ ref('int_customer__loan_contracts') }}
    -- Mortgages and car loans are told apart, with what secures them; what the catalogue doesn't know is told here.
    where is_open and coalesce(product_group not in ('mortgage', 'auto_loan'), true)

),

final as (

    select
        person_id,
        cast(count(*) as integer) as loan_count,
        cast(sum(outstanding_amount) as decimal(18, 2)) as loan_outstanding_amount,
        cast(sum(instalment_amount) as decimal(18, 2)) as loan_instalment_amount,
        cast(sum(overdue_amount) as decimal(18, 2)) as loan_overdue_amount,
        min(next_due_date) as loan_next_due_date,
        cast(max(days_past_due) as integer) as loan_days_past_due
    from contracts
    group by person_id

)

select * from final
