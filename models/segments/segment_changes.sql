{%- set columns = {'changed_date': 'date', 'segment': 'varchar', 'person_id': 'varchar', 'step': 'integer'} -%}
{{ config(post_hook="{{ write_lake_ledger('segments') }}") }}
with

ledger as (

    {{ lake_ledger('segments', columns) }}

),

membership as (

    select * from {{ ref('segment_membership') }}

),

customers as (

    select max(as_of_date) as as_of_date from {{ ref('customer_360_pseudonymous') }}

),

ids as (

    select person_id, max(current_person_id) as current_person_id
    from {{ ref('person_id_changes') }}
    where current_person_id <> person_id
    group by person_id

),

-- Of people that turned out to be one, each may have been in: the person is in as long as one of them is.
stays as (

    select
        ledger.segment,
        coalesce(ids.current_person_id, ledger.person_id) as person_id,
        sum(ledger.step) as open_count
    from ledger
    left join ids on ledger.person_id = ids.person_id
    group by ledger.segment, coalesce(ids.current_person_id, ledger.person_id)
    having sum(ledger.step) > 0

),

changes as (

    select
        coalesce(membership.segment, stays.segment) as segment,
        coalesce(membership.person_id, stays.person_id) as person_id,
        case when stays.segment is null then 1 else -stays.open_count end as step
    from membership
    full join stays on membership.segment = stays.segment and membership.person_id = stays.person_id
    where membership.segment is null or stays.segment is null

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
    from changes
    cross join customers

)

select * from final
