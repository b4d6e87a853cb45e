with

arrivals as (
    {{ latest_arrivals('cards', 'card_transactions', key=['card_transaction_id']) }}
),

final as (

    select
        card_transaction_id,
        card_token,
        authorised_at,
        posted_date,
        transaction_type,
        amount,
        upper(currency_code) as currency_code,
        original_amount,
        upper(original_currency_code) as original_currency_code,
        case when length(mcc) < 4 then lpad(mcc, 4, '0') else mcc end as mcc,
        merchant_id,
        merchant_name,
        upper(merchant_country_code) as merchant_country_code,
        lower(entry_mode) as entry_mode,
        terminal_id,
        is_approved,
        lower(decline_reason) as decline_reason,
        is_disputed,
        payment_id,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
