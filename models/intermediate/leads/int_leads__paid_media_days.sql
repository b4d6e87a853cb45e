with

google as (select * from {{ ref('stg_google_ads__campaign_days') }}),

meta as (select * from {{ ref('stg_meta_ads__ad_days') }}),

rates as (

    select
        currency_code,
        rate_date,
        rate,
        least(
            coalesce(
                lead(rate_date) over (partition by currency_code, to_currency_code order by rate_date),
                date '9999-12-31'
            ),
            cast(rate_date + interval '{{ var("currency_rate_days") }}' day as date)
        ) as valid_to
    from {{ ref('currency_rates') }}
    where to_currency_code = '{{ setting("currency") }}'

),

reported as (

    select
        'google_ads' as platform,
        customer_id as account_id,
        campaign_id,
        campaign_name,
        ad_group_id,
        null as ad_id,
        report_date,
        impressions,
        clicks,
        cast(cost_amount as decimal(18, 2)) as cost_amount,
        conversions as platform_conversions,
        currency_code
    from google

    union all

    select
        'meta_ads' as platform,
        account_id,
        campaign_id,
        campaign_name,
        adset_id as ad_group_id,
        ad_id,
        report_date,
        impressions,
        clicks,
        cast(spend_amount as decimal(18, 2)) as cost_amount,
        cast(leads_count as decimal(18, 2)) as platform_conversions,
        currency_code
    from meta

),

-- What nobody named stays in sight.
final as (

    select
        reported.* exclude (account_id, campaign_id, ad_group_id),
        coalesce(reported.account_id, 'unknown') as account_id,
        coalesce(reported.campaign_id, 'unknown') as campaign_id,
        coalesce(reported.ad_group_id, 'unknown') as ad_group_id,
        reported.platform || ':' || coalesce(reported.campaign_id, 'unknown') as campaign_key,
        case when reported.currency_code = '{{ setting("currency") }}' then 1 else rates.rate end as currency_rate,
        cast(
            case
                when reported.currency_code = '{{ setting("currency") }}' then reported.cost_amount
                else reported.cost_amount * rates.rate
            end as decimal(18, 2)
        ) as bank_cost_amount
    from reported
    left join rates
        on reported.currency_code = rates.currency_code
        and reported.report_date >= rates.rate_date
        and reported.report_date < rates.valid_to

)

select * from final
