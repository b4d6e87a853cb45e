{{ config(materialized='view') }}

with

registrations as (

    select
        'website.registrations:' || registration_id as event_id,
        'registration' as event_kind,
        registered_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'web' as channel,
        product_code,
        coalesce(traffic_campaign, traffic_source) as campaign,
        cast(null as varchar) as detail,
        gclid is not null or fbclid is not null as has_click_id,
        has_marketing_consent
    from {{ ref('stg_website__registrations') }}

),

messenger_leads as (

    select
        'messenger.leads:' || lead_id as event_id,
        'messenger_lead' as event_kind,
        created_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'messenger' as channel,
        product_code,
        campaign_id as campaign,
        ad_id as detail,
        ad_id is not null as has_click_id,
        has_marketing_consent
    from {{ ref('stg_messenger__leads') }}

),

orders as (

    select
        'ecommerce.orders:' || order_id as event_id,
        'ecommerce_order' as event_kind,
        ordered_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'marketplace' as channel,
        product_code,
        voucher_code as campaign,
        order_status as detail,
        false as has_click_id,
        false as has_marketing_consent
    from {{ ref('stg_ecommerce__orders') }}

),

uploads as (

    select
        'manual.uploads:' || upload_name || '|' || row_no as event_id,
        'manual_lead' as event_kind,
        uploaded_at as occurred_at,
        _first_ingested_at as first_ingested_at,
        'partner' as channel,
        product_code,
        upload_name as campaign,
        cast(null as varchar) as detail,
        false as has_click_id,
        false as has_marketing_consent
    from {{ ref('stg_manual__uploads') }}

),

final as (

    select * from registrations
    union all
    select * from messenger_leads
    union all
    select * from orders
    union all
    select * from uploads

)

select * from final
