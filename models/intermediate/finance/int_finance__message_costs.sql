with

sent_messages as (

    select * from {{ ref('int_finance__sent_messages') }}

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
        sent_messages.holder_type,
        sent_messages.holder_no,
        campaigns.product_code,
        sent_messages.month_end_date,
        -cast(round(
            sum(sent_messages.message_count * coalesce(channel_costs.unit_cost, other_costs.unit_cost, 0)), 2
        ) as decimal(18, 2)) as campaign_cost_amount
    from sent_messages
    left join campaigns on sent_messages.campaign_id = campaigns.campaign_id
    left join unit_costs as channel_costs
        on sent_messages.channel = channel_costs.cost_kind
        and sent_messages.month_end_date = channel_costs.month_end_date
    left join unit_costs as other_costs
        on other_costs.cost_kind = 'other' and sent_messages.month_end_date = other_costs.month_end_date
    group by
        sent_messages.holder_type, sent_messages.holder_no, campaigns.product_code, sent_messages.month_end_date

)

select * from final
