with

arrivals as (
    {{ latest_arrivals('messenger', 'leads', key=['lead_id']) }}
),

normalised as (

    select
        *,
        {{ normalise_phone('phone') }} as valid_phone,
        {{ normalise_email('email') }} as valid_email
    from arrivals

),

final as (

    select
        lead_id,
        psid,
        {{ normalise_name('full_name') }} as full_name,
        valid_phone as phone,
        phone is not null and valid_phone is null as is_phone_junk,
        valid_email as email,
        email is not null and valid_email is null as is_email_junk,
        lower(product_code) as product_code,
        message_text,
        ad_id,
        campaign_id,
        has_marketing_consent,
        created_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised

)

select * from final
