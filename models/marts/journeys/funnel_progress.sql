with

reached as (

    select * from {{ ref('funnel_reached') }}

),

people as (

    select person_id from {{ ref('current_person_ids') }}

),

as_of as (

    select
        as_of_date,
        {{ local_midnight('as_of_date + 1') }} as ends_at
    from {{ ref('int_customer__as_of') }}

),

declared as (
    {% for name, declaration in funnels().items() %}
    select
        '{{ name }}' as funnel,
        {{ declaration['steps'] | length }} as step_count,
        {{ declaration['window_micros'] }} as window_micros
    union all
    {% endfor %}
    select
        cast(null as varchar) as funnel,
        cast(null as integer) as step_count,
        cast(null as bigint) as window_micros
    where false

),

furthest as (

    select
        funnel,
        owner_as_of,
        traveller_id,
        min(entered_at) as entered_at,
        max(step_no) as furthest_step_no,
        max_by(step, step_no) as furthest_step,
        max_by(reached_at, step_no) as furthest_at,
        max_by(seconds_since_entry, step_no) as seconds_to_furthest
    from reached
    group by funnel, owner_as_of, traveller_id

),

final as (

    select
        furthest.funnel,
        furthest.owner_as_of,
        furthest.traveller_id,
        people.person_id,
        furthest.entered_at,
        {{ local_date('furthest.entered_at') }} as entered_date,
        furthest.furthest_step_no,
        furthest.furthest_step,
        furthest.furthest_at,
        furthest.furthest_step_no = declared.step_count as is_completed,
        furthest.furthest_step_no < declared.step_count
        and {{ micros_of('furthest.entered_at') }} + declared.window_micros
        >= {{ micros_of('as_of.ends_at') }} as is_open,
        case when furthest.furthest_step_no = declared.step_count then furthest.seconds_to_furthest end
            as seconds_to_complete
    from furthest
    inner join declared on furthest.funnel = declared.funnel
    cross join as_of
    left join people on furthest.traveller_id = people.person_id

)

select * from final
