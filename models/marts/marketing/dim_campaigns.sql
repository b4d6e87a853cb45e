with

days as (

    select * from {{ ref('int_leads__paid_media_days') }}

),

leads as (

    select * from {{ ref('int_leads__captures') }}

),

named as (

    select
        platform,
        campaign_id,
        arg_max(campaign_name, (report_date, ad_group_id, coalesce(ad_id, ''))) as campaign_name
    from days
    group by platform, campaign_id

    union all

    -- What leads came by and no report tells of stays in sight.
    select platform, coalesce(campaign_id, 'unknown') as campaign_id, null as campaign_name
    from leads
    where platform is not null

),

final as (

    select
        platform || ':' || campaign_id as campaign_key,
        platform,
        campaign_id,
        coalesce(max(campaign_name), case when campaign_id = 'unknown' then 'campaign not known' end) as campaign_name
    from named
    group by platform, campaign_id

    union all

    select 'unpaid' as campaign_key, 'unpaid' as platform, null as campaign_id, 'no paid media' as campaign_name

)

select * from final
