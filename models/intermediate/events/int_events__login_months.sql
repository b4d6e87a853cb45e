{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['user_id', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_digital__events': [
    'select user_id, last_day(' ~ local_date('occurred_at') ~ ') as month_end_date from changed where user_id is not null'
]}) %}

with

versions as (

    select * from {{ ref('stg_digital__events') }}
    where user_id is not null {{ since_touched(touched, 'occurred_at') }}
    union all by name
    select * from {{ ref('int_superseded__events') }}
    where user_id is not null {{ since_touched(touched, 'occurred_at') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'digital' and table_name = 'events'

),

timed as (

    select
        versions.*,
        {{ local_date('versions.occurred_at') }} as event_date,
        last_day(event_date) as month_end_date,
        {{ known_at('versions.occurred_at', 'first_delivery.first_delivery_date', 'versions._ingested_at') }}
            as known_at
    from versions
    cross join first_delivery

),

placed as (

    select
        *,
        {{ known_month('known_at', 'month_end_date') }} as known_month_end_date,
        {{ known_month('_superseded_at', 'month_end_date') }} as superseded_month_end_date
    from timed

),

final as (

    select
        placed.user_id,
        placed.month_end_date,
        placed.known_month_end_date,
        placed.superseded_month_end_date,
        count(*) filter (where placed.event_name = 'login' and placed.platform = 'WEB') as web_login_count,
        count(*) filter (where placed.event_name = 'login' and placed.platform != 'WEB') as app_login_count,
        count(*) filter (where placed.event_name = 'search') as search_count,
        count(*) filter (where placed.event_name = 'view_promotion') as promotion_view_count,
        count(*) filter (where placed.event_name = 'select_promotion') as promotion_click_count,
        count(*) filter (where placed.event_name in ('application_start', 'generate_lead')) as application_start_count,
        count(*) filter (where placed.content_group = 'cards') as card_view_count,
        count(*) filter (where placed.content_group = 'insurance') as insurance_view_count,
        count(*) filter (where placed.content_group in ('investing', 'retirement')) as investing_view_count,
        count(*) filter (where placed.content_group = 'home') as home_view_count,
        count(*) filter (where placed.content_group = 'car') as car_view_count,
        count(*) filter (where placed.content_group = 'travel') as travel_view_count,
        max(case when placed.occurred_at <= placed._ingested_at then placed.event_date end) as last_seen_date
    from placed
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on placed.user_id = touched.user_id and placed.month_end_date = touched.month_end_date
    {%- endif %}
    where coalesce(placed.superseded_month_end_date > placed.known_month_end_date, true)
    group by all

)

select * from final
