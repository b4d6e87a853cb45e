with

google_days as (

    select report_date, cost_amount from {{ ref('stg_google_ads__campaign_days') }}
    where currency_code = '{{ setting("currency") }}'

),

meta_days as (

    select report_date, spend_amount as cost_amount from {{ ref('stg_meta_ads__ad_days') }}
    where currency_code = '{{ setting("currency") }}'

),

days as (

    select 'google_ads' as platform, report_date, cost_amount from google_days
    union all
    select 'meta_ads' as platform, report_date, cost_amount from meta_days

),

final as (

    select
        platform,
        last_day(report_date) as month_end_date,
        -cast(round(sum(cost_amount), 2) as decimal(18, 2)) as campaign_cost_amount
    from days
    group by platform, last_day(report_date)

)

select * from final
