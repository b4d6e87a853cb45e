{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['event_date', 'channel'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_digital__events': [
    'select ' ~ local_date('occurred_at') ~ " as event_date, case platform when 'WEB' then 'web' else 'app' end as channel "
    ~ 'from changed'
]}) %}

with

events as (

    select
        *,
        {{ local_date('occurred_at') }} as event_date,
        case platform when 'WEB' then 'web' else 'app' end as channel,
        concat_ws('|', user_pseudo_id, session_key) as visit_key
    from {{ ref('stg_digital__events') }}
    {{ since_touched(touched, 'occurred_at', 'where') }}

),

final as (

    select
        event_date,
        channel,
        count(distinct visit_key) as visit_count,
        count(distinct user_pseudo_id) as visitor_count,
        count(distinct user_id) as login_user_count,
        count(*) filter (where event_name in ('page_view', 'screen_view')) as view_count,
        coalesce(sum(engagement_time_msec), 0) // 1000 as engagement_seconds,
        count(*) filter (where event_name = 'search') as search_count,
        count(*) filter (where event_name = 'view_promotion') as promotion_view_count,
        count(*) filter (where event_name = 'select_promotion') as promotion_click_count,
        count(*) filter (where event_name = 'generate_lead') as registration_count,
        count(*) filter (where event_name = 'application_start') as application_start_count,
        count(*) filter (where event_name = 'application_submit') as application_count,
        count(distinct case
            when event_name in ('generate_lead', 'application_submit') then visit_key
        end) as converting_visit_count
    from events
    {% if is_incremental() -%}
    where (event_date, channel) in (select (event_date, channel) from {{ touched }})
    {%- endif %}
    group by event_date, channel

)

select * from final
