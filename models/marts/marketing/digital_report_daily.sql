with

days as (

    select * from {{ ref('int_events__digital_days') }}

),

final as (

    select
        event_date,
        channel,
        visit_count,
        visitor_count,
        login_user_count,
        view_count,
        cast(engagement_seconds as bigint) as engagement_seconds,
        search_count,
        promotion_view_count,
        promotion_click_count,
        registration_count,
        application_start_count,
        application_count,
        converting_visit_count,
        cast(converting_visit_count / nullif(visit_count, 0) as decimal(9, 6)) as conversion_rate
    from days

)

select * from final
