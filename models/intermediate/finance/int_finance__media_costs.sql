with

days as (

    select * from {{ ref('int_leads__paid_media_days') }}
    where bank_cost_amount is not null

),

final as (

    select
        platform,
        last_day(report_date) as month_end_date,
        -cast(sum(bank_cost_amount) as decimal(18, 2)) as campaign_cost_amount
    from days
    group by platform, last_day(report_date)

)

select * from final
