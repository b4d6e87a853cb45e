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
        conversion_kind, conversion_id as journey_id, true as is_converted, converted_date,
        touched_at, touch_id, channel, campaign
    from journeys

    union all

    select
        conversion_kind, journey_id, false as is_converted, null as converted_date,
        touched_at, touch_id, channel, campaign
    from lost

),

-- Repeats of a step lead nowhere else: without them the chances to convert stay what they are.
moved as (

    select
        *,
        (channel is distinct from lag(channel) over steps) as is_other_channel,
        ((channel, campaign) is distinct from lag((channel, campaign)) over steps) as is_other_campaign
    from walked
    window steps as (partition by conversion_kind, is_converted, journey_id order by touched_at, touch_id)

),

paths as (

    select
        conversion_kind,
        is_converted,
        last_day(coalesce(max(converted_date), {{ local_date('max(touched_at)') }})) as month_end_date,
        list(struct_pack(at := touched_at, id := touch_id, channel := channel, campaign := 'none'))
            filter (where channel is not null and is_other_channel) as channel_steps,
        list(struct_pack(at := touched_at, id := touch_id, channel := channel, campaign := campaign))
            filter (where channel is not null and is_other_campaign) as campaign_steps
    from moved
    group by conversion_kind, is_converted, journey_id

),

-- Sorting a list is ten times as fast as an ordered aggregate.
levels as (

    {% for level in ['channel', 'campaign'] -%}
    select
        '{{ level }}' as level, paths.conversion_kind, paths.is_converted, paths.month_end_date,
        list_transform(
            list_sort(coalesce(paths.{{ level }}_steps, [])),
            lambda step: struct_pack(channel := step.channel, campaign := step.campaign)
        ) as steps
    from paths
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (

    select
        level, conversion_kind, month_end_date, steps,
        count(*) filter (where is_converted) as conversion_count,
        count(*) filter (where not is_converted) as lost_count
    from levels
    group by level, conversion_kind, month_end_date, steps

)

select * from final
