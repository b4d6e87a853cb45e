with

entries as (

    select * from {{ ref('stg_activation__programme_entries') }}

),

ids as (

    select
        person_id,
        max(current_person_id) as current_person_id
    from {{ ref('person_id_changes') }}
    where current_person_id <> person_id
    group by person_id

),

final as (

    select
        entries.entry_id,
        entries.programme,
        entries.version,
        coalesce(ids.current_person_id, entries.person_id) as person_id,
        entries.entered_at,
        entries.step,
        entries.waiting_until_at,
        entries.because as entry_reason,
        entries.status,
        entries.ended_at,
        entries.as_of_date
    from entries
    left join ids on entries.person_id = ids.person_id

)

select * from final
