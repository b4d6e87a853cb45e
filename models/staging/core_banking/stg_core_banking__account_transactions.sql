with

arrivals as (
    {{ latest_arrivals('core_banking', 'account_transactions', key=['account_transaction_id']) }}
),

final as (

    select
        account_transaction_id,
        account_no,
        booked_at,
        value_date,
        direction,
        amount,
        upper(currency_code) as currency_code,
        lower(transaction_type) as transaction_type,
        lower(channel) as channel,
        counterparty_account_no,
        counterparty_bank_code,
        counterparty_name,
        payment_id,
        balance_after_amount,
        description,
        reversal_of_id,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
