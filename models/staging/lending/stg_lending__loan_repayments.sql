with

arrivals as (
    {{ latest_arrivals('lending', 'loan_repayments', key=['loan_repayment_id']) }}
),

final as (

    select
        loan_repayment_id,
        loan_no,
        due_date,
        due_amount,
        paid_at,
        paid_amount,
        principal_amount,
        interest_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
