with

arrivals as (
    {{ latest_arrivals('cards', 'credit_cards', key=['card_token']) }}
),

final as (

    select
        card_token,
        cif_no,
        lower(product_code) as product_code,
        first_six,
        last_four,
        card_role,
        primary_card_token,
        card_status,
        credit_limit_amount,
        outstanding_amount,
        upper(currency_code) as currency_code,
        issued_date,
        expiry_date,
        closed_date,
        payment_account_no,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
