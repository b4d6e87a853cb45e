with

final as (

    select
        campaign_id,
        campaign_name,
        objective,
        product_code,
        channel,
        starts_at
    from {{ ref('stg_crm__campaigns') }}

    union all

    select
        campaign_id,
        min(replace(campaign_id, 'audience:', '')) as campaign_name,
        null as objective,
        null as product_code,
        min(channel) as channel,
        min(occurred_at) filter (where event_type = 'sent') as starts_at
    from {{ ref('int_campaigns__sender_events') }}
    group by campaign_id

)

select * from final
