with

changes as (

    select * from {{ ref('segment_changes') }}

),

ids as (

    select person_id, max(current_person_id) as current_person_id
    from {{ ref('person_id_changes') }}
    where current_person_id <> person_id
    group by person_id

),

redirected as (

    select
        changes.segment,
        coalesce(ids.current_person_id, changes.person_id) as person_id,
        changes.changed_date,
        changes.step
    from changes
    left join ids on changes.person_id = ids.person_id

),

-- Nearly everybody entered once and is still in: only the others have an order to look at.
first_entries as (

    select segment, person_id, min(changed_date) as changed_date
    from redirected
    group by segment, person_id
    having count(*) = 1

),

days as (

    select redirected.segment, redirected.person_id, redirected.changed_date, sum(redirected.step) as step
    from redirected
    anti join first_entries
        on redirected.segment = first_entries.segment and redirected.person_id = first_entries.person_id
    group by redirected.segment, redirected.person_id, redirected.changed_date

),

counts as (

    select
        segment,
        person_id,
        changed_date,
        sum(step) over up_to_now as open_count,
        sum(step) over up_to_now - step as open_count_before
    from days
    window up_to_now as (partition by segment, person_id order by changed_date)

),

turns as (

    select
        segment,
        person_id,
        changed_date,
        open_count > 0 as is_entry,
        lead(changed_date) over (partition by segment, person_id order by changed_date) as next_changed_date
    from counts
    where (open_count > 0) <> (open_count_before > 0)

),

final as (

    select
        segment,
        person_id,
        changed_date as valid_from,
        next_changed_date as valid_to,
        next_changed_date is null as is_member
    from turns
    where is_entry

    union all

    select segment, person_id, changed_date as valid_from, null as valid_to, true as is_member from first_entries

)

select * from final
