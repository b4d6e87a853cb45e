with

changes as not materialized (select * from {{ ref('segment_changes') }}),

ids as (

    select person_id, max(current_person_id) as current_person_id
    from {{ ref('person_id_changes') }}
    where current_person_id <> person_id
    group by person_id

),

-- Nearly everybody entered once and is still in: only the others have an order to look at. They are people that entered
-- a segment twice or are known by several ids, and what others left again. A bit that stands for two segments, of more
-- than 126, makes somebody one of the others, which costs a moment and changes nothing.
bits as (

    select segment, cast(1 as hugeint) << cast((row_number() over (order by segment) - 1) % 126 as integer) as bit
    from changes
    group by segment

),

other_people as (

    select changes.person_id
    from changes
    inner join bits on changes.segment = bits.segment
    where changes.step = 1
    group by changes.person_id
    having count(*) <> bit_count(bit_or(bits.bit))

    union
    select person_id from ids
    union
    select current_person_id as person_id from ids

),

other_pairs as (

    select segment, person_id from changes where step <> 1 group by segment, person_id

),

marked as not materialized (

    select
        changes.segment,
        changes.person_id,
        changes.changed_date,
        changes.step,
        other_people.person_id is not null or other_pairs.person_id is not null as has_an_order
    from changes
    left join other_people on changes.person_id = other_people.person_id
    left join other_pairs on changes.segment = other_pairs.segment and changes.person_id = other_pairs.person_id

),

days as (

    select
        marked.segment,
        coalesce(ids.current_person_id, marked.person_id) as person_id,
        marked.changed_date,
        sum(marked.step) as step
    from marked
    left join ids on marked.person_id = ids.person_id
    where marked.has_an_order
    group by marked.segment, coalesce(ids.current_person_id, marked.person_id), marked.changed_date

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

    select segment, person_id, changed_date as valid_from, null as valid_to, true as is_member
    from marked
    where not has_an_order

)

select * from final
