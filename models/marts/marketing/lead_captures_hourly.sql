with

touches as (select * from {{ ref('int_leads__episodes') }}),

placed as (

    select
        *,
        {{ local_date('captured_at') }} as captured_date,
        coalesce(platform || ':' || coalesce(campaign_id, 'unknown'), 'unpaid') as campaign_key
    from touches
    where captured_at is not null

),

final as (

    select
        captured_date,
        cast(date_diff('minute', {{ local_midnight('captured_date') }}, captured_at) // 60 as integer) as hour_of_day,
        lead_source,
        campaign_key,
        coalesce(traffic_campaign, 'none') as traffic_campaign,
        count(*) as capture_count,
        count(*) filter (where capture_key = lead_key) as lead_count
    from placed
    group by all

)

select * from final
