with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

points as (

    select * from {{ ref('int_customer__points_behaviour') }}

),

messages as (

    select * from {{ ref('int_customer__message_engagement') }}

),

deeds as (

    select
        timeline.person_id,
        timeline.event_id,
        timeline.event_kind,
        timeline.campaign,
        timeline.occurred_at
    from {{ ref('customer_timeline') }} as timeline
    inner join as_of
        on {{ local_date('timeline.occurred_at') }} <= as_of.as_of_date
        and timeline.occurred_at >= {{ local_midnight('as_of.as_of_date - interval 12 month') }}
    where
        timeline.person_id is not null
        and timeline.event_kind in (
            'promotion_view', 'promotion_click', 'ecommerce_order', 'registration', 'lead_form', 'application_submit',
            'online_purchase', 'sign_up'
        )

),

-- What was bought or asked for within a week after a promotion was seen.
followed as (

    select deeds.person_id, count(*) as promotion_conversion_count
    from deeds
    where
        deeds.event_kind not in ('promotion_view', 'promotion_click')
        and exists (
            select 1
            from deeds as promotions
            where
                promotions.person_id = deeds.person_id
                and promotions.event_kind in ('promotion_view', 'promotion_click')
                and promotions.occurred_at between deeds.occurred_at - interval 7 day and deeds.occurred_at
        )
    group by deeds.person_id

),

counted as (

    select
        person_id,
        count(*) filter (where event_kind = 'promotion_view') as promotion_view_count,
        count(*) filter (where event_kind = 'promotion_click') as promotion_click_count,
        count(*) filter (where event_kind = 'ecommerce_order') as order_count,
        count(*) filter (where event_kind = 'ecommerce_order' and campaign is not null) as voucher_order_count
    from deeds
    group by person_id

),

persons as (

    select person_id from points
    union
    select person_id from messages
    union
    select person_id from counted

),

final as (

    select
        persons.person_id,
        as_of.as_of_date,
        cast(coalesce(points.earned_12m_points, 0) as bigint) as earned_12m_points,
        cast(coalesce(points.redeemed_12m_points, 0) as bigint) as redeemed_12m_points,
        cast(coalesce(points.redemption_12m_count, 0) as integer) as redemption_count,
        cast(coalesce(messages.message_12m_count, 0) as integer) as message_count,
        cast(coalesce(messages.message_clicked_12m_count, 0) as integer) as message_click_count,
        cast(coalesce(counted.promotion_view_count, 0) as integer) as promotion_view_count,
        cast(coalesce(counted.promotion_click_count, 0) as integer) as promotion_click_count,
        cast(coalesce(counted.order_count, 0) as integer) as order_count,
        cast(coalesce(counted.voucher_order_count, 0) as integer) as voucher_order_count,
        cast(coalesce(followed.promotion_conversion_count, 0) as integer) as promotion_conversion_count
    from persons
    cross join as_of
    left join points on persons.person_id = points.person_id
    left join messages on persons.person_id = messages.person_id
    left join counted on persons.person_id = counted.person_id
    left join followed on persons.person_id = followed.person_id

)

select * from final
