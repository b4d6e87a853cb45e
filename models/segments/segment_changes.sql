{%- set columns = {'changed_date': 'date', 'segment': 'varchar', 'person_id': 'varchar', 'step': 'integer'} -%}
{{ config(post_hook="{{ write_lake_ledger('segments', order='person_id, segment') }}") }}
with

ledger as not materialized (
    {{ lake_ledger('segments', columns) }}
),

membership as not materialized (select * from {{ ref('segment_membership') }}),

customers as (select max(as_of_date) as as_of_date from {{ ref('customer_360_pseudonymous') }}),

bits as (
    {{ segment_bits(segment_names()) }}
),

ids as (

    select person_id, max(current_person_id) as current_person_id from {{ ref('person_id_changes') }}
    where current_person_id <> person_id
    group by person_id

),

now_in as (

    select membership.person_id, bit_or(bits.bit) as member_bits
    from membership
    inner join bits on membership.segment = bits.segment
    group by membership.person_id

),

known as (

    select
        ledger.person_id,
        bit_or(case when ledger.step = 1 then bits.bit else 0 end) as entered_bits,
        bit_or(case when ledger.step < 0 then bits.bit else 0 end) as left_bits,
        count(*) filter (ledger.step = 1) as entry_count,
        count(*) filter (ledger.step > 1 or ledger.step = 0) as odd_count
    from ledger
    inner join bits on ledger.segment = bits.segment
    group by ledger.person_id

),

-- Who entered no segment twice, and is in those that weren't left: nothing changes for them. That is nearly everybody,
-- and steps need to be added up by segment and person for the others only.
settled as (

    select known.person_id
    from known inner join now_in on known.person_id = now_in.person_id
    where known.odd_count = 0 and known.entry_count = bit_count(known.entered_bits)
        and (known.entered_bits & ~known.left_bits) = now_in.member_bits

),

others as (

    select now_in.person_id from now_in anti join settled on now_in.person_id = settled.person_id
    union
    select known.person_id from known anti join settled on known.person_id = settled.person_id
    union
    select unnest([person_id, current_person_id]) as person_id from ids

),

-- Of people that turned out to be one, each may have been in: the person is in as long as one of them is.
stays as (

    select
        ledger.segment,
        coalesce(ids.current_person_id, ledger.person_id) as person_id,
        sum(ledger.step) as open_count
    from ledger
    left join others on ledger.person_id = others.person_id
    left join bits on ledger.segment = bits.segment
    left join ids on ledger.person_id = ids.person_id
    where others.person_id is not null or bits.segment is null
    group by ledger.segment, coalesce(ids.current_person_id, ledger.person_id)
    having sum(ledger.step) > 0

),

members as (

    select membership.segment, membership.person_id from membership
    left join others on membership.person_id = others.person_id
    left join bits on membership.segment = bits.segment
    where others.person_id is not null or bits.segment is null

),

changes as (

    select
        coalesce(members.segment, stays.segment) as segment,
        coalesce(members.person_id, stays.person_id) as person_id,
        case when stays.segment is null then 1 else -stays.open_count end as step
    from members full join stays on members.segment = stays.segment and members.person_id = stays.person_id
    where members.segment is null or stays.segment is null

),

final as (

    select change_no, changed_date, segment, person_id, step from ledger
    union all
    select
        cast((select coalesce(max(ledger.change_no), 0) + 1 from ledger) as integer) as change_no,
        customers.as_of_date as changed_date,
        changes.segment,
        changes.person_id,
        cast(changes.step as integer) as step
    from changes cross join customers

)

select * from final
