with

journeys as (

    select
        *,
        date_diff('second', touched_at, converted_at) / 86400.0 as days_before,
        max(case when channel != 'direct' then place end) over (partition by conversion_id) as last_non_direct_place
    from {{ ref('int_attribution__journeys') }}

),

profits as (select * from {{ ref('customer_profit_monthly') }}),

-- A second contract of a person and product would count its margin twice: the first one has it.
sales as (

    select conversion_id, person_id, product_code, last_day(converted_date) as month_end_date
    from journeys
    where conversion_kind = 'sale' and coalesce(place, 1) = 1
    qualify row_number() over (partition by person_id, product_code order by converted_date, conversion_id) = 1

),

margins as (

    select sales.conversion_id, sum(profits.margin_amount) as margin_amount
    from sales
    inner join profits
        on sales.person_id = profits.person_id
        and sales.product_code = profits.product_code
        and sales.month_end_date <= profits.month_end_date
    group by sales.conversion_id

),

weighed as (

    select
        *,
        power(2.0, -days_before / {{ var('attribution_half_life_days') }}) as decayed,
        case
            when touch_count <= 2 then 1.0 / touch_count
            when place in (1, touch_count) then 0.4
            else 0.2 / (touch_count - 2)
        end as by_position
    from journeys
    where touch_id is not null

),

shared as (

    select
        conversion_id,
        channel,
        campaign,
        case when place = 1 then 1.0 else 0.0 end as first_touch,
        case when place = touch_count then 1.0 else 0.0 end as last_touch,
        case when place = coalesce(last_non_direct_place, touch_count) then 1.0 else 0.0 end as last_non_direct,
        1.0 / touch_count as linear,
        by_position as position_based,
        decayed / sum(decayed) over (partition by conversion_id) as time_decay
    from weighed

),

models as (

    unpivot shared on first_touch, last_touch, last_non_direct, linear, position_based, time_decay
    into name attribution_model value credit

),

-- What no touch led to is credited to nobody, by every model.
unled as (

    select
        conversion_id,
        'none' as channel,
        'none' as campaign,
        unnest(['first_touch', 'last_touch', 'last_non_direct', 'linear', 'position_based', 'time_decay'])
            as attribution_model,
        1.0 as credit
    from journeys
    where touch_id is null

),

parts as (

    select * from models
    union all by name
    select * from unled

),

credited as (

    select
        conversion_id, channel, campaign, attribution_model, cast(sum(credit) as double) as credit
    from parts
    where credit > 0
    group by all

),

conversions as (

    select
        conversion_id, any_value(conversion_kind) as conversion_kind, any_value(person_id) as person_id,
        any_value(product_code) as product_code, any_value(converted_date) as converted_date,
        any_value(touch_count) as touch_count
    from journeys
    group by conversion_id

),

final as (

    select
        credited.attribution_model,
        conversions.conversion_kind,
        credited.conversion_id,
        credited.channel,
        credited.campaign,
        conversions.person_id,
        conversions.product_code,
        conversions.converted_date,
        last_day(conversions.converted_date) as month_end_date,
        cast(conversions.touch_count as integer) as touch_count,
        credited.credit,
        cast(credited.credit * margins.margin_amount as decimal(18, 2)) as value_amount,
        '{{ setting("currency") }}' as currency_code
    from credited
    inner join conversions on credited.conversion_id = conversions.conversion_id
    left join margins on credited.conversion_id = margins.conversion_id

)

select * from final
