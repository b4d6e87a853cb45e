with

arrivals as (
    {{ latest_arrivals('lending', 'loans', key=['loan_no']) }}
),

final as (

    select
        loan_no,
        cif_no,
        lower(product_code) as product_code,
        loan_status,
        applied_at,
        disbursed_date,
        principal_amount,
        outstanding_amount,
        instalment_amount,
        interest_rate,
        term_months,
        days_past_due,
        maturity_date,
        closed_date,
        repayment_account_no,
        upper(currency_code) as currency_code,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
