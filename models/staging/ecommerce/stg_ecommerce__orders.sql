with

arrivals as (
    {{ latest_arrivals('ecommerce', 'orders', key=['order_id']) }}
),

normalised as (

    select
        *,
        {{ normalise_email('email') }} as valid_email,
        {{ normalise_phone('phone') }} as valid_phone
    from arrivals

),

final as (

    select
        order_id,
        lower(platform) as platform,
        buyer_id,
        lower(platform) || '.' || buyer_id as buyer_key,
        {{ normalise_name('buyer_name') }} as buyer_name,
        valid_email as email,
        email is not null and valid_email is null as is_email_junk,
        valid_phone as phone,
        phone is not null and valid_phone is null as is_phone_junk,
        shipping_province,
        lower(product_code) as product_code,
        item_category,
        order_amount,
        upper(currency_code) as currency_code,
        lower(payment_method) as payment_method,
        voucher_code,
        order_status,
        ordered_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised

)

select * from final
