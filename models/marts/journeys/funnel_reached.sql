-- depends_on: {{ ref('int_customer__as_of') }}
-- Read in place, by each funnel the columns it names: a CTE would hold the whole timeline.
{%- set now = ref('customer_timeline') -%}
{%- set then -%}
    (
        select
            timeline.*,
            {{ traveller_then(
                'timeline.person_id', 'timeline.visitor_id', 'timeline.visit_part_id', 'parts.signer'
            ) }} as traveller_then
        from {{ ref('customer_timeline') }} as timeline
        left join {{ ref('int_identity__visit_parts') }} as parts on timeline.visit_part_id = parts.visit_part_id
    ) as events
{%- endset %}

with

reached as (
    {% for name, declaration in funnels().items() %}
    select *, 'now' as owner_as_of
    from ({{ funnel(name, declaration, now, 'coalesce(person_id, visitor_id)', funnel_since(declaration)) }})
    union all by name
    select *, 'then' as owner_as_of
    from ({{ funnel(name, declaration, then, 'traveller_then', funnel_since(declaration)) }})
    union all by name
    {% endfor %}
    -- A bank may have no funnels.
    select
        cast(null as varchar) as funnel,
        cast(null as varchar) as traveller_id,
        cast(null as integer) as step_no,
        cast(null as varchar) as step,
        cast(null as timestamp) as entered_at,
        cast(null as timestamp) as previous_at,
        cast(null as timestamp) as reached_at,
        cast(null as varchar) as owner_as_of
    where false

),

final as (

    select
        funnel,
        owner_as_of,
        traveller_id,
        step_no,
        step,
        entered_at,
        reached_at,
        ({{ micros_of('reached_at') }} - {{ micros_of('entered_at') }}) // 1000000 as seconds_since_entry,
        ({{ micros_of('reached_at') }} - {{ micros_of('previous_at') }}) // 1000000 as seconds_since_previous
    from reached

)

select * from final
