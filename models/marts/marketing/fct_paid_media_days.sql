with

days as (

    select * from {{ ref('int_leads__paid_media_days') }}

),

final as (

    select
        platform,
        campaign_id,
        ad_group_id,
        ad_id,
        campaign_key,
        report_date,
        impressions,
        clicks,
        cost_amount,
        platform_conversions,
        currency_code,
        is_bank_currency
    from days

)

select * from final
