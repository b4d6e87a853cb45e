with

members as (

    select * from {{ ref('int_campaigns__members') }}

),

final as (

    select
        campaign_id,
        person_id,
        campaign_kind,
        objective,
        product_code,
        channel,
        is_treated,
        assigned_at,
        assigned_date,
        last_day(cast(assigned_date - interval 1 month as date)) as known_month_end_date
    from members

)

select * from final
