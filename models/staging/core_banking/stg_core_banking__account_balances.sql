with

arrivals as (
    {{ latest_arrivals('core_banking', 'account_balances', key=['account_no', 'balance_date']) }}
),

final as (

    select
        account_no,
        balance_date,
        ledger_balance_amount,
        available_balance_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
