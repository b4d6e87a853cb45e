-- Conversions whose parts don't add up to one, and months of a model whose credits don't add up to its conversions.
with

conversions as (

    select
        conversion_kind, conversion_id, last_day(converted_date) as month_end_date
    from {{ ref('int_attribution__conversions') }}

),

rules as (select attribution_model from {{ ref('attribution_credits') }} group by attribution_model),

learned as (select attribution_model from {{ ref('int_attribution__path_credits') }} group by attribution_model),

models as (

    select * from rules
    union all
    select * from learned

),

levels as (select unnest(['channel', 'campaign']) as level),

parts as (

    select attribution_model, conversion_id, sum(credit) as credit
    from {{ ref('attribution_credits') }}
    group by attribution_model, conversion_id

),

credited as (

    select 'channel' as level, attribution_model, conversion_kind, month_end_date, sum(credit) as credit
    from {{ ref('channel_attribution') }}
    group by all
    union all
    select 'campaign' as level, attribution_model, conversion_kind, month_end_date, sum(credit) as credit
    from {{ ref('campaign_attribution') }}
    group by all

),

counted as (

    select conversion_kind, month_end_date, count(*) as conversion_count
    from conversions
    group by conversion_kind, month_end_date

)

select rules.attribution_model, conversions.conversion_id as what, parts.credit
from conversions
cross join rules
left join parts
    on rules.attribution_model = parts.attribution_model and conversions.conversion_id = parts.conversion_id
where coalesce(abs(parts.credit - 1) > 1e-9, true)

union all

select models.attribution_model, counted.conversion_kind || ' ' || counted.month_end_date as what, credited.credit
from counted
cross join models
cross join levels
left join credited
    on models.attribution_model = credited.attribution_model and levels.level = credited.level
    and counted.conversion_kind = credited.conversion_kind and counted.month_end_date = credited.month_end_date
where coalesce(abs(credited.credit - counted.conversion_count) > 1e-9 * greatest(counted.conversion_count, 1), true)
