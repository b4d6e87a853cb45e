with

journeys as (select * from {{ ref('int_attribution__journeys') }}),

touches as (select * from {{ ref('int_attribution__touches') }}),

kinds as (

    select conversion_kind from journeys
    group by conversion_kind

),

-- Touches that led to nothing; a pause as long as the look-back ends the journey.
unused as (

    select
        kinds.conversion_kind,
        touches.*,
        coalesce(
            touches.touched_at
            > lag(touches.touched_at) over line + interval '{{ var("attribution_look_back_days") }}' day,
            true
        ) as is_first
    from touches
    cross join kinds
    anti join journeys
        on kinds.conversion_kind = journeys.conversion_kind and touches.touch_id = journeys.touch_id
    window line as (
        partition by kinds.conversion_kind, touches.owner_id order by touches.touched_at, touches.touch_id
    )

),

lost as (

    select
        *,
        last_value(case when is_first then touch_id end ignore nulls) over (
            partition by conversion_kind, owner_id order by touched_at, touch_id
            rows between unbounded preceding and current row
        ) as journey_id
    from unused

),

walked as (

    select
        conversion_kind, conversion_id as journey_id, true as is_converted, converted_date as ended_date,
        touched_at, touch_id, channel, campaign
    from journeys

    union all

    select
        conversion_kind, journey_id, false as is_converted,
        {{ local_date('max(touched_at) over (partition by conversion_kind, journey_id)') }} as ended_date,
        touched_at, touch_id, channel, campaign
    from lost

),

levels as (

    select 'channel' as level, * exclude (campaign), 'none' as campaign from walked
    union all by name
    select 'campaign' as level, * from walked

),

-- Repeats of a step lead nowhere else: without them the chances to convert stay what they are.
moved as (

    select *
    from levels
    qualify (channel, campaign) is distinct from lag((channel, campaign)) over (
        partition by level, conversion_kind, is_converted, journey_id order by touched_at, touch_id
    )

),

paths as (

    select
        level, conversion_kind, is_converted, journey_id, last_day(ended_date) as month_end_date,
        coalesce(
            list(struct_pack(channel := channel, campaign := campaign) order by touched_at, touch_id)
                filter (where channel is not null),
            []
        ) as steps
    from moved
    group by all

),

final as (

    select
        level, conversion_kind, month_end_date, steps,
        count(*) filter (where is_converted) as conversion_count,
        count(*) filter (where not is_converted) as lost_count
    from paths
    group by level, conversion_kind, month_end_date, steps

)

select * from final
