with

messages as (

    select * from {{ ref('stg_activation__programme_messages') }}

),

accepted as (

    select
        row_key,
        min(answered_at) as accepted_at
    from {{ ref('stg_activation__row_results') }}
    where status = 'accepted'
    group by row_key

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
        messages.message_key,
        messages.entry_id,
        messages.programme,
        messages.version,
        messages.step,
        coalesce(ids.current_person_id, messages.person_id) as person_id,
        messages.channel,
        messages.template,
        messages.reason,
        messages.stop_events,
        messages.stay_segment,
        messages.entered_at,
        messages.due_at,
        messages.until_date,
        accepted.accepted_at
    from messages
    left join accepted on messages.message_key = accepted.row_key
    left join ids on messages.person_id = ids.person_id

)

select * from final
