with

conversions as (select * from {{ ref('int_attribution__conversions') }}),

touches as (select * from {{ ref('int_attribution__touches') }}),

-- One that no touch led to stays in sight as a journey without steps.
final as (

    select
        conversions.conversion_kind,
        conversions.conversion_id,
        conversions.owner_id,
        conversions.person_id,
        conversions.product_code,
        conversions.converted_at,
        conversions.converted_date,
        touches.touch_id,
        touches.touched_at,
        touches.channel,
        touches.campaign,
        case
            when touches.touch_id is not null
                then row_number() over (
                    partition by conversions.conversion_id order by touches.touched_at, touches.touch_id
                )
        end as place,
        count(touches.touch_id) over (partition by conversions.conversion_id) as touch_count
    from conversions
    left join touches
        on conversions.owner_id = touches.owner_id
        and conversions.converted_at >= touches.touched_at
        and touches.touched_at > conversions.converted_at - interval '{{ var("attribution_look_back_days") }}' day

)

select * from final
