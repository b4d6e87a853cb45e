with

-- Whoever opens a message has received it, and it was sent, whether or not anybody tells so.
events as (

    select
        *,
        coalesce(campaign_id, 'unknown') as campaign,
        event_type in ('delivered', 'opened', 'clicked', 'complained', 'unsubscribed', 'converted') as is_received
    from {{ ref('int_campaigns__message_events') }}

),

campaigns as (select * from {{ ref('int_campaigns__campaigns') }}),

sales as (

    select * from {{ ref('int_attribution__conversions') }}
    where conversion_kind = 'sale'

),

counted as (

    select
        campaign,
        channel,
        {{ local_date('min(occurred_at)') }} as first_sent_date,
        count(distinct message_id) as sent_count,
        count(distinct message_id) filter (where is_received) as delivered_count,
        count(distinct message_id) filter (where event_type = 'opened') as opened_count,
        count(distinct message_id) filter (where event_type = 'clicked') as clicked_count,
        count(distinct message_id) filter (where event_type = 'bounced') as bounced_count,
        count(distinct message_id) filter (where event_type = 'failed') as failed_count,
        count(distinct message_id) filter (where event_type = 'complained') as complained_count,
        count(distinct message_id) filter (where event_type = 'unsubscribed') as unsubscribed_count
    from events
    group by campaign, channel

),

received as (

    select
        events.campaign,
        events.channel,
        events.person_id,
        campaigns.product_code,
        {{ local_date('min(events.occurred_at)') }} as delivered_date
    from events
    left join campaigns on events.campaign = campaigns.campaign_id
    where events.is_received and events.person_id is not null
    group by all

),

-- Who received it and then took out what it is about, or anything where it is about no product.
bought as (

    select received.campaign, received.channel, received.person_id
    from received
    inner join sales on received.person_id = sales.person_id
    where
        coalesce(received.product_code = sales.product_code, true)
        and received.delivered_date <= sales.converted_date
        and received.delivered_date > sales.converted_date - {{ var('attribution_look_back_days') }}
    group by received.campaign, received.channel, received.person_id

    union

    -- Or of whom the receiver tells that they did what it was about.
    select campaign, channel, person_id
    from events
    where event_type = 'converted' and person_id is not null

),

converted as (

    select
        received.campaign,
        received.channel,
        count(distinct received.person_id) as received_count,
        count(distinct bought.person_id) as converted_count
    from received
    left join bought
        on received.campaign = bought.campaign
        and received.channel = bought.channel
        and received.person_id = bought.person_id
    group by received.campaign, received.channel

),

final as (

    select
        counted.campaign as campaign_id,
        counted.* exclude (campaign),
        campaigns.campaign_name,
        campaigns.objective,
        campaigns.product_code,
        {{ local_date('campaigns.starts_at') }} as starts_date,
        coalesce(converted.received_count, 0) as received_count,
        coalesce(converted.converted_count, 0) as converted_count
    from counted
    left join campaigns on counted.campaign = campaigns.campaign_id
    left join converted on counted.campaign = converted.campaign and counted.channel = converted.channel

)

select * from final
