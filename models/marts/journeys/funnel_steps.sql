with

progress as (

    select
        *,
        cast(date_trunc('month', entered_date) as date) as entry_month
    from {{ ref('funnel_progress') }}

),

reached as (

    select * from {{ ref('funnel_reached') }}

),

declared as (
    {% for name, declaration in funnels().items() %}{% for step in declaration['steps'] %}
    select
        '{{ name }}' as funnel,
        '{{ declaration['title'] | replace("'", "''") }}' as title,
        {{ loop.index }} as step_no,
        '{{ step['step'] }}' as step
    union all
    {% endfor %}{% endfor %}
    select
        cast(null as varchar) as funnel,
        cast(null as varchar) as title,
        cast(null as integer) as step_no,
        cast(null as varchar) as step
    where false

),

months as (

    select
        funnel,
        owner_as_of,
        entry_month,
        count(*) as entered_count
    from progress
    group by funnel, owner_as_of, entry_month

),

counted as (

    select
        reached.funnel,
        reached.owner_as_of,
        progress.entry_month,
        reached.step_no,
        count(*) as reached_count,
        count(progress.person_id) as reached_person_count,
        count(*) filter (where progress.is_open and progress.furthest_step_no = reached.step_no) as open_count,
        median(reached.seconds_since_entry) as median_seconds,
        quantile_cont(reached.seconds_since_entry, 0.9) as p90_seconds,
        median(reached.seconds_since_previous) as median_seconds_since_previous
    from reached
    inner join progress
        on reached.funnel = progress.funnel
        and reached.owner_as_of = progress.owner_as_of
        and reached.traveller_id = progress.traveller_id
    group by reached.funnel, reached.owner_as_of, progress.entry_month, reached.step_no

),

-- A step that nobody of the month reached is told too.
complete as (

    select
        months.funnel,
        declared.title,
        months.owner_as_of,
        months.entry_month,
        declared.step_no,
        declared.step,
        months.entered_count,
        coalesce(counted.reached_count, 0) as reached_count,
        coalesce(counted.reached_person_count, 0) as reached_person_count,
        coalesce(counted.open_count, 0) as open_count,
        counted.median_seconds,
        counted.p90_seconds,
        counted.median_seconds_since_previous
    from months
    inner join declared on months.funnel = declared.funnel
    left join counted
        on months.funnel = counted.funnel
        and months.owner_as_of = counted.owner_as_of
        and months.entry_month = counted.entry_month
        and declared.step_no = counted.step_no

),

final as (

    select
        *,
        coalesce(lag(reached_count) over by_step, reached_count) as previous_count,
        reached_count / entered_count as conversion_rate,
        coalesce(reached_count / nullif(lag(reached_count) over by_step, 0), case when step_no = 1 then 1 end)
            as step_conversion_rate,
        reached_count - coalesce(lead(reached_count) over by_step, reached_count) as drop_off_count
    from complete
    window by_step as (partition by funnel, owner_as_of, entry_month order by step_no)

)

select * from final
