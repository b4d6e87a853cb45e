{{ config(materialized='view') }}

with

digital as (

    select
        event_id,
        'visit_event' as owner_type,
        record_id as owner_no,
        occurred_at,
        first_ingested_at,
        channel,
        event_kind,
        amount,
        currency_code,
        cast(null as varchar) as product_code,
        traffic_campaign as campaign,
        page,
        case
            when event_kind in ('promotion_view', 'promotion_click') then promotion_id
            when event_kind != 'search' then content_group
        end as detail
    from {{ ref('int_events__digital_events') }}

),

messages as (

    select
        'crm.message_events:' || message_event_id as event_id,
        'record' as owner_type,
        'crm.contacts:' || contact_id as owner_no,
        occurred_at,
        _first_ingested_at as first_ingested_at,
        channel,
        'message_' || event_type as event_kind,
        campaign_id as campaign
    from {{ ref('stg_crm__message_events') }}

),

own_messages as (

    select
        'activation.message_events:' || message_event_id as event_id,
        'own_message' as owner_type,
        'activation.message_events:' || message_event_id as owner_no,
        occurred_at,
        _first_ingested_at as first_ingested_at,
        channel,
        'message_' || event_type as event_kind,
        campaign_id as campaign
    from {{ ref('int_campaigns__sender_events') }}

),

points as (

    select
        'cards.point_movements:' || point_movement_id as event_id,
        'card' as owner_type,
        card_token as owner_no,
        moved_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'other' as channel,
        'points_redemption' as event_kind,
        campaign_id as campaign,
        reward_code as detail
    from {{ ref('stg_cards__point_movements') }}
    where movement_type = 'redeem'

),

records as (

    select * from {{ ref('int_events__service_events') }}

    union all by name

    select
        event_id,
        'record' as owner_type,
        event_id as owner_no,
        occurred_at,
        first_ingested_at,
        channel,
        event_kind,
        product_code,
        campaign,
        detail
    from {{ ref('int_events__lead_events') }}

),

final as (

    select * from digital
    union all by name
    select * from messages
    union all by name
    select * from own_messages
    union all by name
    select * from points
    union all by name
    select * from records

)

select * from final
