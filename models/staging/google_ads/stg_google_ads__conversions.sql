with

arrivals as (
    {{ latest_arrivals('google_ads', 'conversions', key=['conversion_id']) }}
),

final as (

    select
        conversion_id,
        gclid,
        lower(conversion_action) as conversion_action,
        converted_at,
        campaign_id,
        ad_group_id,
        conversion_value,
        upper(currency_code) as currency_code,
        user_id,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
