{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['session_key'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({
    'stg_digital__events': ['select session_key from changed where session_key is not null']
}) %}

with

events as (

    select events.*
    from {{ ref('stg_digital__events') }} as events
    {% if is_incremental() -%}
    semi join {{ touched }} as touched on events.session_key = touched.session_key
    {%- endif %}
    where events.session_key is not null and events.content_group is not null

),

final as (

    select
        session_key,
        content_group,
        count(*) as event_count,
        count(*) filter (where search_term is not null) as search_count,
        min({{ local_date('occurred_at') }}) as content_date
    from events
    where occurred_at <= _ingested_at
    group by session_key, content_group

)

select * from final
