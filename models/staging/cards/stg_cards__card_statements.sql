with

arrivals as (
    {{ latest_arrivals('cards', 'card_statements', key=['card_statement_id']) }}
),

final as (

    select
        card_statement_id,
        card_token,
        statement_date,
        due_date,
        opening_balance_amount,
        purchases_amount,
        cash_advance_amount,
        fees_amount,
        interest_amount,
        repayments_amount,
        closing_balance_amount,
        minimum_due_amount,
        credit_limit_amount,
        points_balance,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
