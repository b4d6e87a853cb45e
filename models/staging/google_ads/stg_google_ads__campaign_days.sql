with

arrivals as (
    {{ latest_arrivals('google_ads', 'campaign_days', key=['campaign_id', 'ad_group_id', 'report_date']) }}
),

final as (

    select
        customer_id,
        campaign_id,
        campaign_name,
        advertising_channel_type,
        ad_group_id,
        ad_group_name,
        report_date,
        impressions,
        clicks,
        cast(cast(cost_micros as decimal(24, 0)) * 0.000001 as decimal(18, 6)) as cost_amount,
        conversions,
        conversions_value,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
