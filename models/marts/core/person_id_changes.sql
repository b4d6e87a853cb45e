{{ config(post_hook="{{ write_lake_ledger('identity', ref('int_identity__id_ledger')) }}") }}

-- Nothing is published or recorded while an id changed without cause.
-- depends_on: {{ ref('int_identity__causeless_id_changes') }}

with

ledger as (

    select * from {{ ref('int_identity__id_ledger') }}

),

changes as (

    select
        *,
        row_number() over (partition by person_id order by change_no desc) as changes_back
    from ledger
    where change_type in ('created', 'split', 'merged', 'retired')

),

last_changes as (

    select
        person_id,
        case
            when change_type in ('created', 'split') then person_id
            when change_type = 'merged' then other_person_id
        end as current_person_id
    from changes
    where changes_back = 1

),

final as (

    select
        changes.person_id,
        changes.change_no,
        changes.change_type,
        case when changes.change_type = 'merged' then changes.other_person_id end as successor_person_id,
        case when changes.change_type = 'split' then changes.other_person_id end as origin_person_id,
        last_changes.current_person_id,
        changes.changed_at
    from changes
    inner join last_changes on changes.person_id = last_changes.person_id

)

select * from final
