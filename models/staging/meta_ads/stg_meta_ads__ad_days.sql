with

arrivals as (
    {{ latest_arrivals('meta_ads', 'ad_days', key=['ad_id', 'report_date']) }}
),

final as (

    select
        account_id,
        campaign_id,
        campaign_name,
        adset_id,
        adset_name,
        ad_id,
        ad_name,
        report_date,
        impressions,
        reach,
        clicks,
        spend_amount,
        leads_count,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
