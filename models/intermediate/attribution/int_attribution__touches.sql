with

visits as (select * from {{ ref('int_attribution__visit_origins') }}),

asked as (select * from {{ ref('int_leads__episodes') }}),

clicks as (

    select * from {{ ref('int_campaigns__message_events') }}
    where event_type = 'clicked'

),

channels as (select * from {{ ref('traffic_channels') }}),

contacted as (

    select
        'visit:' || visit_part_id as touch_id, owner_id, started_at as touched_at, traffic_source, traffic_medium,
        cast(null as varchar) as channel, traffic_campaign as campaign
    from visits

    union all

    select
        'message:' || message_event_id as touch_id, person_id as owner_id, occurred_at as touched_at,
        null as traffic_source, null as traffic_medium, channel,
        if(told_in = 'crm.message_events', 'crm:', '') || campaign_id as campaign
    from clicks

    union all

    select
        'lead:' || capture_key as touch_id, coalesce(person_id, visitor_id, capture_key) as owner_id,
        captured_at as touched_at, traffic_source, traffic_medium,
        case
            when lead_source in ('branch', 'call_centre') then lead_source
            when platform = 'google_ads' then 'paid_search'
            when platform = 'meta_ads' then 'paid_social'
        end as channel,
        coalesce(platform || ':' || campaign_id, traffic_campaign) as campaign
    from asked

),

named as (

    select
        contacted.touch_id,
        contacted.owner_id,
        contacted.touched_at,
        coalesce(
            contacted.channel, pairs.channel, mediums.channel, sources.channel,
            case when coalesce(contacted.traffic_source, contacted.traffic_medium) is null then 'direct' end, 'other'
        ) as channel,
        contacted.campaign
    from contacted
    left join channels as pairs
        on contacted.traffic_medium = pairs.traffic_medium and contacted.traffic_source = pairs.traffic_source
    left join channels as mediums
        on contacted.traffic_medium = mediums.traffic_medium and mediums.traffic_source = '*'
    left join channels as sources
        on contacted.traffic_source = sources.traffic_source and sources.traffic_medium = '*'
    where contacted.owner_id is not null and contacted.touched_at is not null

),

-- A click, the visit it opens and the form sent there are one touch.
marked as (

    select
        *,
        coalesce(
            touched_at > lag(touched_at) over line + interval '{{ var("visit_timeout_minutes") }}' minute, true
        ) as is_first
    from named
    window line as (partition by owner_id, channel order by touched_at, touch_id)

),

runs as (

    select
        *,
        last_value(case when is_first then touch_id end ignore nulls) over (
            partition by owner_id, channel order by touched_at, touch_id
            rows between unbounded preceding and current row
        ) as first_touch_id
    from marked

),

final as (

    select
        first_touch_id as touch_id,
        owner_id,
        channel,
        min(touched_at) as touched_at,
        coalesce(min_by(campaign, (touched_at, touch_id)) filter (where campaign is not null), 'none') as campaign
    from runs
    group by first_touch_id, owner_id, channel

)

select * from final
