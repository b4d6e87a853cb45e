with

days as (

    select * from {{ ref('int_leads__paid_media_days') }}

),

final as (

    select
        platform,
        account_id,
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
        cast(currency_rate as decimal(18, 6)) as currency_rate,
        bank_cost_amount
    from days

)

select * from final
