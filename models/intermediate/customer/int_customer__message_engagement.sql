with

events as (

    select * from {{ ref('int_campaigns__message_events') }}
    where event_type not in ('deferred', 'converted') and person_id is not null

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- A message is opened once, however often it is looked at; who clicks has opened it, whatever the pixel says.
messages as (

    select
        events.message_id,
        min(events.person_id) as person_id,
        min(events.channel) as channel,
        min(events.occurred_at) as sent_at,
        bool_or(events.event_type in ('delivered', 'opened', 'clicked', 'unsubscribed')) as is_delivered,
        bool_or(events.event_type in ('opened', 'clicked')) as is_opened,
        bool_or(events.event_type = 'clicked') as is_clicked,
        bool_or(events.event_type = 'unsubscribed') as is_unsubscribed,
        max(events.occurred_at) filter (where events.event_type in ('opened', 'clicked')) as responded_at
    from events
    cross join as_of
    where {{ local_date('events.occurred_at') }} <= as_of.as_of_date
    group by events.message_id

),

-- Who opened an SMS isn't seen, so it doesn't count for opening.
final as (

    select
        messages.person_id,
        count(*) filter (where messages.is_delivered) as message_12m_count,
        count(*) filter (where messages.is_delivered and messages.channel != 'sms') as openable_12m_count,
        count(*) filter (where messages.is_opened and messages.channel != 'sms') as message_opened_12m_count,
        count(*) filter (where messages.is_clicked) as message_clicked_12m_count,
        count(*) filter (where messages.is_unsubscribed) as message_unsubscribed_12m_count,
        max(messages.sent_at) as last_message_at,
        max(messages.responded_at) as last_message_response_at
    from messages
    cross join as_of
    where messages.sent_at >= {{ local_midnight('as_of.as_of_date - interval 12 month') }}
    group by messages.person_id

)

select * from final
