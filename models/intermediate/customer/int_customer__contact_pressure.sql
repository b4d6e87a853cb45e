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

final as (

    select
        owners.person_id,
        message_events.channel,
        count(distinct message_events.message_id) as contact_7d_count,
        max(message_events.occurred_at) as last_contact_at
    from message_events
    cross join as_of
    inner join owners on 'crm.contacts:' || message_events.contact_id = owners.owner_no
    where
        message_events.event_type = 'sent'
        and message_events.occurred_at >= {{ local_midnight('as_of.as_of_date - 6') }}
        and message_events.occurred_at < {{ local_midnight('as_of.as_of_date + 1') }}
    group by owners.person_id, message_events.channel

)

select * from final
