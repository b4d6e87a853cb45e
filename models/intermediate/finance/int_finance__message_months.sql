{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['contact_id', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_crm__message_events': [
    'select contact_id, last_day(' ~ local_date('occurred_at') ~ ') as month_end_date from changed'
]}) %}

with

messages as (

    select *, last_day({{ local_date('occurred_at') }}) as month_end_date
    from {{ ref('stg_crm__message_events') }}
    where event_type = 'sent' {{ since_touched(touched, 'occurred_at') }}

),

final as (

    select
        contact_id,
        month_end_date,
        campaign_id,
        coalesce(channel, 'other') as channel,
        count(*) as message_count
    from messages
    {% if is_incremental() -%}
    where (contact_id, month_end_date) in (select (contact_id, month_end_date) from {{ touched }})
    {%- endif %}
    group by all

)

select * from final
