with

message_months as (

    select * from {{ ref('int_finance__message_months') }}

),

campaigns as (

    select * from {{ ref('stg_crm__campaigns') }}

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_driver = 'message'

),

final as (

    select
        message_months.contact_id,
        campaigns.product_code,
        message_months.month_end_date,
        -cast(round(
            sum(message_months.message_count * coalesce(channel_costs.unit_cost, other_costs.unit_cost, 0)), 2
        ) as decimal(18, 2)) as campaign_cost_amount
    from message_months
    left join campaigns on message_months.campaign_id = campaigns.campaign_id
    left join unit_costs as channel_costs
        on message_months.channel = channel_costs.cost_kind
        and message_months.month_end_date = channel_costs.month_end_date
    left join unit_costs as other_costs
        on other_costs.cost_kind = 'other' and message_months.month_end_date = other_costs.month_end_date
    group by message_months.contact_id, campaigns.product_code, message_months.month_end_date

)

select * from final
