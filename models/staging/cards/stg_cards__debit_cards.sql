with

arrivals as (
    {{ latest_arrivals('cards', 'debit_cards', key=['card_token']) }}
),

final as (

    select
        card_token,
        cif_no,
        account_no,
        lower(product_code) as product_code,
        first_six,
        last_four,
        card_status,
        issued_date,
        expiry_date,
        closed_date,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
