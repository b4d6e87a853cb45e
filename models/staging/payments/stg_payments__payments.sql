with

arrivals as (
    {{ latest_arrivals('payments', 'payments', key=['payment_id']) }}
),

final as (

    select
        payment_id,
        cif_no,
        user_id,
        paid_at,
        payment_type,
        funding_type,
        account_no,
        card_token,
        amount,
        upper(currency_code) as currency_code,
        biller_code,
        lower(biller_category) as biller_category,
        case when length(mcc) < 4 then lpad(mcc, 4, '0') else mcc end as mcc,
        counterparty_name,
        counterparty_bank_code,
        lower(channel) as channel,
        payment_status,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
