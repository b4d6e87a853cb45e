with

credited as (

    {{ attributed_months('campaign') }}

),

-- What a control group shows stands beside what a model says: a campaign's sales that would not have come anyway.
shown as (

    select * from {{ ref('campaign_incrementality') }}
    where outcome = 'product taken'

),

final as (

    select
        credited.attribution_model,
        credited.conversion_kind,
        credited.month_end_date,
        credited.channel,
        credited.campaign,
        credited.credit,
        credited.credit / cast(sum(cast(credited.credit as decimal(38, 15))) over (
            partition by credited.attribution_model, credited.conversion_kind, credited.month_end_date
        ) as double) as credit_rate,
        cast(credited.value_amount as decimal(18, 2)) as value_amount,
        shown.incremental_outcome as incremental_sales,
        shown.incremental_outcome_low as incremental_sales_low,
        shown.incremental_outcome_high as incremental_sales_high,
        '{{ setting("currency") }}' as currency_code
    from credited
    left join shown
        on credited.campaign = 'crm:' || shown.campaign_id
        and credited.conversion_kind = 'sale'

)

select * from final
