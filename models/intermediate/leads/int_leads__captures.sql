with

registrations as (select * from {{ ref('stg_website__registrations') }}),

google_clicks as (

    select gclid, min(campaign_id) as campaign_id
    from {{ ref('stg_google_ads__conversions') }}
    where campaign_id is not null
    group by gclid

),

messages as (select * from {{ ref('stg_messenger__leads') }}),

orders as (select * from {{ ref('stg_ecommerce__orders') }}),

uploads as (select * from {{ ref('stg_manual__uploads') }}),

-- The click id tells who was paid, whatever the link's own words say; else a paid medium tells the platform at least.
web as (

    select
        'website' as lead_source,
        'registrations' as table_name,
        registrations.registration_id as lead_id,
        registrations.registered_at as captured_at,
        registrations.product_code,
        registrations.traffic_source,
        registrations.traffic_medium,
        registrations.traffic_campaign,
        case
            when registrations.gclid is not null then 'google_ads'
            when registrations.fbclid is not null and registrations.traffic_medium in ('paid_social', 'cpc', 'paid')
                then 'meta_ads'
            when registrations.traffic_medium not in ('cpc', 'ppc', 'paid', 'paid_social') then null
            when registrations.traffic_source = 'google' then 'google_ads'
            when registrations.traffic_source in ('facebook', 'instagram', 'meta') then 'meta_ads'
        end as platform,
        google_clicks.campaign_id,
        coalesce(registrations.gclid, registrations.fbclid) as click_id,
        registrations.has_marketing_consent,
        'v' || left(md5('anonymous_id:' || registrations.user_pseudo_id), 24) as visitor_id,
        case
            when registrations.currency_code = '{{ setting("currency") }}' then registrations.monthly_income_amount
        end as stated_income_amount
    from registrations
    left join google_clicks on registrations.gclid = google_clicks.gclid

),

final as (

    select * from web

    union all by name

    select
        'messenger' as lead_source,
        'leads' as table_name,
        lead_id,
        created_at as captured_at,
        product_code,
        'facebook' as traffic_source,
        'messenger' as traffic_medium,
        null as traffic_campaign,
        case when coalesce(campaign_id, ad_id) is not null then 'meta_ads' end as platform,
        campaign_id,
        has_marketing_consent
    from messages

    union all by name

    -- An order is a lead where it asks for something of the bank.
    select
        'ecommerce' as lead_source,
        'orders' as table_name,
        order_id as lead_id,
        ordered_at as captured_at,
        product_code,
        platform as traffic_source,
        'marketplace' as traffic_medium,
        null as traffic_campaign,
        null as platform,
        null as campaign_id,
        null as has_marketing_consent
    from orders
    where product_code is not null

    union all by name

    select
        'manual' as lead_source,
        'uploads' as table_name,
        concat_ws('|', upload_name, row_no) as lead_id,
        uploaded_at as captured_at,
        product_code,
        null as traffic_source,
        'upload' as traffic_medium,
        upload_name as traffic_campaign,
        null as platform,
        null as campaign_id,
        null as has_marketing_consent
    from uploads

)

select * from final
