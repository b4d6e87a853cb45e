with

observed as (

    select * from {{ ref('customer_promotion_activity') }}

),

-- Each habit as a rate, drawn to everybody's by three observations, so that one of one isn't the keenest of all.
habits as (

    select person_id, 'points' as habit, least(redeemed_12m_points / earned_12m_points, 1) as habit_rate
    from observed
    where earned_12m_points > 0
    union all
    select
        person_id,
        'messages' as habit,
        (message_click_count + 3 * sum(message_click_count) over () / sum(message_count) over ()) / (message_count + 3)
            as habit_rate
    from observed
    where message_count > 0
    union all
    select
        person_id,
        'promotions' as habit,
        (promotion_click_count + 3 * sum(promotion_click_count) over () / sum(promotion_view_count) over ())
        / (promotion_view_count + 3) as habit_rate
    from observed
    where promotion_view_count > 0
    union all
    select
        person_id,
        'vouchers' as habit,
        (voucher_order_count + 3 * sum(voucher_order_count) over () / sum(order_count) over ()) / (order_count + 3)
            as habit_rate
    from observed
    where order_count > 0

),

scored as (

    select person_id, avg(habit_rank) as mean_rank, count(*) as habit_count
    from (
        select person_id, percent_rank() over (partition by habit order by habit_rate) as habit_rank
        from habits
    ) as ranks
    group by person_id

),

evidence as (

    select
        observed.*,
        coalesce(scored.habit_count, 0) as habit_count,
        observed.redemption_count + observed.message_count + observed.promotion_view_count + observed.order_count
            as evidence_count,
        cast(round(100 * scored.mean_rank) as integer) as score
    from observed
    left join scored on observed.person_id = scored.person_id

),

final as (

    select
        person_id,
        as_of_date,
        case when evidence_count >= 5 then score end as promotion_score,
        case
            when score is null or evidence_count < 5 then 'unknown'
            when score >= 67 then 'high'
            when score >= 34 then 'medium'
            else 'low'
        end as promotion_band,
        cast(evidence_count as integer) as promotion_evidence_count,
        cast(habit_count as integer) as promotion_habit_count,
        cast(case when earned_12m_points > 0 then least(redeemed_12m_points / earned_12m_points, 1) end as double)
            as points_redeemed_rate,
        cast(message_click_count / nullif(message_count, 0) as double) as message_click_rate,
        cast(promotion_click_count / nullif(promotion_view_count, 0) as double) as promotion_click_rate,
        cast(voucher_order_count / nullif(order_count, 0) as double) as voucher_rate,
        promotion_conversion_count
    from evidence

)

select * from final
