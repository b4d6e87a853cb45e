with

arrivals as (
    {{ latest_arrivals('core_banking', 'standing_orders', key=['standing_order_id']) }}
),

final as (

    select
        standing_order_id,
        account_no,
        amount,
        upper(currency_code) as currency_code,
        lower(purpose) as purpose,
        lower(frequency) as frequency,
        counterparty_account_no,
        counterparty_bank_code,
        valid_from_date,
        valid_until_date,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
