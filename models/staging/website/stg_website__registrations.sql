with

arrivals as (
    {{ latest_arrivals('website', 'registrations', key=['registration_id']) }}
),

normalised as (

    select
        *,
        {{ plausible_birth_date('date_of_birth') }} as valid_date_of_birth,
        {{ normalise_email('email') }} as valid_email,
        {{ normalise_phone('phone') }} as valid_phone
    from arrivals

),

final as (

    select
        registration_id,
        registered_at,
        user_pseudo_id,
        user_id,
        {{ normalise_name('full_name') }} as full_name,
        valid_email as email,
        email is not null and valid_email is null as is_email_junk,
        valid_phone as phone,
        phone is not null and valid_phone is null as is_phone_junk,
        valid_date_of_birth as date_of_birth,
        date_of_birth is not null and valid_date_of_birth is null as is_date_of_birth_junk,
        province,
        monthly_income_amount,
        upper(currency_code) as currency_code,
        lower(product_code) as product_code,
        lower(traffic_source) as traffic_source,
        lower(traffic_medium) as traffic_medium,
        traffic_campaign,
        gclid,
        fbclid,
        has_marketing_consent,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised

)

select * from final
