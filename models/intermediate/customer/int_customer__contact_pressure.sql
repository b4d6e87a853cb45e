with

message_events as (

    select * from {{ ref('stg_crm__message_events') }}

),

owners as (

    select * from {{ ref('int_events__behaviour_owners') }}
    where owner_type = 'record'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- Ids that became another person.
ids as (

    select
        person_id,
        other_person_id as current_person_id
    from {{ ref('int_identity__id_ledger') }}
    where change_type in ('created', 'split', 'merged', 'retired')
    qualify row_number() over (partition by person_id order by change_no desc) = 1 and change_type = 'merged'

),

-- A message of a programme counts when a destination accepted it, before the channel reports anything of it.
accepted as (

    select
        messages.message_key,
        messages.channel,
        coalesce(ids.current_person_id, messages.person_id) as person_id,
        max(results.as_of_date) as sent_date
    from {{ ref('stg_activation__row_results') }} as results
    inner join {{ ref('stg_activation__programme_messages') }} as messages on results.row_key = messages.message_key
    left join ids on messages.person_id = ids.person_id
    where results.status = 'accepted'
    group by messages.message_key, messages.channel, coalesce(ids.current_person_id, messages.person_id)

),

contacts as (

    select
        owners.person_id,
        message_events.channel,
        message_events.message_id,
        message_events.occurred_at as contacted_at
    from message_events
    cross join as_of
    inner join owners on 'crm.contacts:' || message_events.contact_id = owners.owner_no
    where
        message_events.event_type = 'sent'
        and message_events.occurred_at >= {{ local_midnight('as_of.as_of_date - 6') }}
        and message_events.occurred_at < {{ local_midnight('as_of.as_of_date + 1') }}

    union all

    select
        accepted.person_id,
        accepted.channel,
        accepted.message_key as message_id,
        {{ local_midnight('accepted.sent_date') }} as contacted_at
    from accepted
    cross join as_of
    where accepted.sent_date between as_of.as_of_date - 6 and as_of.as_of_date

),

final as (

    select
        person_id,
        channel,
        count(distinct message_id) as contact_7d_count,
        max(contacted_at) as last_contact_at
    from contacts
    group by person_id, channel

)

select * from final
