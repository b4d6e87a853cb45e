with

days as (select * from {{ ref('fct_paid_media_days') }}),

leads as (select * from {{ ref('leads') }}),

campaigns as (select * from {{ ref('dim_campaigns') }}),

media as (

    select
        campaign_key,
        last_day(report_date) as month_end_date,
        sum(impressions) as impression_count,
        sum(clicks) as click_count,
        sum(bank_cost_amount) as cost_amount,
        count(*) filter (where bank_cost_amount is null) as unconverted_row_count,
        sum(platform_conversions) as platform_conversions
    from days
    group by campaign_key, last_day(report_date)

),

won as (

    select
        campaign_key,
        last_day(captured_date) as month_end_date,
        count(*) as lead_count,
        count(qualified_at) as qualified_count,
        count(sold_at) as sale_count,
        sum(sale_amount) as sale_amount,
        sum(margin_amount) as margin_amount
    from leads
    where captured_date is not null
    group by campaign_key, last_day(captured_date)

),

counted as (

    select
        coalesce(media.campaign_key, won.campaign_key) as campaign_key,
        coalesce(media.month_end_date, won.month_end_date) as month_end_date,
        coalesce(media.impression_count, 0) as impression_count,
        coalesce(media.click_count, 0) as click_count,
        coalesce(media.cost_amount, 0) as cost_amount,
        coalesce(media.unconverted_row_count, 0) as unconverted_row_count,
        coalesce(media.platform_conversions, 0) as platform_conversions,
        coalesce(won.lead_count, 0) as lead_count,
        coalesce(won.qualified_count, 0) as qualified_count,
        coalesce(won.sale_count, 0) as sale_count,
        coalesce(won.sale_amount, 0) as sale_amount,
        coalesce(won.margin_amount, 0) as margin_amount
    from media
    full join won on media.campaign_key = won.campaign_key and media.month_end_date = won.month_end_date

),

final as (

    select
        counted.campaign_key,
        counted.month_end_date,
        campaigns.platform,
        campaigns.campaign_id,
        campaigns.campaign_name,
        cast(counted.impression_count as bigint) as impression_count,
        cast(counted.click_count as bigint) as click_count,
        cast(counted.cost_amount as decimal(18, 2)) as cost_amount,
        cast(counted.unconverted_row_count as bigint) as unconverted_row_count,
        cast(counted.lead_count as bigint) as lead_count,
        cast(counted.qualified_count as bigint) as qualified_count,
        cast(counted.sale_count as bigint) as sale_count,
        cast(counted.sale_amount as decimal(18, 2)) as sale_amount,
        cast(counted.margin_amount as decimal(18, 2)) as margin_amount,
        cast(nullif(counted.cost_amount, 0) / nullif(counted.lead_count, 0) as decimal(18, 2)) as cost_per_lead_amount,
        cast(nullif(counted.cost_amount, 0) / nullif(counted.sale_count, 0) as decimal(18, 2)) as cost_per_sale_amount,
        cast((counted.margin_amount - counted.cost_amount) / nullif(counted.cost_amount, 0) as double) as roi,
        cast(counted.sale_amount / nullif(counted.cost_amount, 0) as double) as roas,
        cast(counted.platform_conversions as decimal(18, 2)) as platform_conversions,
        -- Nobody claims what no paid media brought.
        cast(
            case when campaigns.platform != 'unpaid' then counted.platform_conversions - counted.lead_count end
            as decimal(18, 2)
        ) as conversion_gap,
        cast((counted.platform_conversions - counted.lead_count) / nullif(counted.platform_conversions, 0) as double)
            as conversion_gap_rate,
        '{{ setting("currency") }}' as currency_code
    from counted
    left join campaigns on counted.campaign_key = campaigns.campaign_key

)

select * from final
