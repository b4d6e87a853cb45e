with

google as (

    select * from {{ ref('stg_google_ads__campaign_days') }}

),

meta as (

    select * from {{ ref('stg_meta_ads__ad_days') }}

),

final as (

    select
        'google_ads' as platform,
        campaign_id,
        campaign_name,
        ad_group_id,
        null as ad_id,
        'google_ads:' || campaign_id as campaign_key,
        report_date,
        impressions,
        clicks,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        conversions as platform_conversions,
        currency_code,
        currency_code = '{{ setting("currency") }}' as is_bank_currency
    from google

    union all

    select
        'meta_ads' as platform,
        campaign_id,
        campaign_name,
        adset_id as ad_group_id,
        ad_id,
        'meta_ads:' || campaign_id as campaign_key,
        report_date,
        impressions,
        clicks,
        cast(spend_amount as decimal(18, 2)) as cost_amount,
        cast(leads_count as decimal(18, 2)) as platform_conversions,
        currency_code,
        currency_code = '{{ setting("currency") }}' as is_bank_currency
    from meta

)

select * from final
