with

campaigns as (

    select * from {{ ref('int_campaigns__campaigns') }}

),

sent_messages as (

    select * from {{ ref('int_finance__sent_messages') }}

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_driver = 'message'

),

costs as (

    select
        sent_messages.campaign_id,
        sum(sent_messages.message_count) as message_count,
        sum(sent_messages.message_count * coalesce(channel_costs.unit_cost, other_costs.unit_cost, 0)) as cost_amount
    from sent_messages
    left join unit_costs as channel_costs
        on sent_messages.channel = channel_costs.cost_kind
        and sent_messages.month_end_date = channel_costs.month_end_date
    left join unit_costs as other_costs
        on other_costs.cost_kind = 'other' and sent_messages.month_end_date = other_costs.month_end_date
    group by sent_messages.campaign_id

),

final as (

    select
        campaigns.campaign_id,
        campaigns.campaign_name,
        coalesce(costs.message_count, 0) as message_count,
        cast(round(coalesce(costs.cost_amount, 0), 2) as decimal(18, 2)) as cost_amount
    from campaigns
    left join costs on campaigns.campaign_id = costs.campaign_id

)

select * from final
