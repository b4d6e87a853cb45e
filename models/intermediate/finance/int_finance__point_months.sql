{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['card_token', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_cards__point_movements': [
    'select card_token, last_day(' ~ local_date('moved_at') ~ ') as month_end_date from changed'
]}) %}

with

movements as (

    select *, last_day({{ local_date('moved_at') }}) as month_end_date
    from {{ ref('stg_cards__point_movements') }}
    {{ since_touched(touched, 'moved_at', 'where') }}

),

final as (

    select
        card_token,
        month_end_date,
        -- The cost is set aside when points are granted and comes back when they expire; redeeming uses what was set
        -- aside.
        coalesce(sum(points) filter (where movement_type != 'redeem'), 0) as granted_points
    from movements
    {% if is_incremental() -%}
    where (card_token, month_end_date) in (select (card_token, month_end_date) from {{ touched }})
    {%- endif %}
    group by card_token, month_end_date

)

select * from final
