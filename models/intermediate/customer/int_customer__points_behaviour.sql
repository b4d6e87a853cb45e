with

movements as (

    select * from {{ ref('stg_cards__point_movements') }}

),

cards as (

    select * from {{ ref('int_customer__cards') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

final as (

    select
        cards.person_id,
        coalesce(sum(movements.points) filter (where movements.movement_type = 'earn'), 0) as earned_12m_points,
        coalesce(-sum(movements.points) filter (where movements.movement_type = 'redeem'), 0) as redeemed_12m_points,
        coalesce(-sum(movements.points) filter (where movements.movement_type = 'expire'), 0) as expired_12m_points,
        count(*) filter (where movements.movement_type = 'redeem') as redemption_12m_count,
        max(movements.moved_at) filter (where movements.movement_type = 'redeem') as last_redeemed_at
    from movements
    inner join cards on movements.card_token = cards.card_token
    inner join as_of
        on {{ local_date('movements.moved_at') }} <= as_of.as_of_date
        and movements.moved_at >= {{ local_midnight('as_of.as_of_date - interval 12 month') }}
    group by cards.person_id

)

select * from final
