with

subjects as (

    select * from {{ ref('int_customer__consent_subjects') }}

),

owners as (

    select * from {{ ref('int_events__behaviour_owners') }}
    where owner_type = 'record'

),

-- Who may be one of several took something back: it is taken back for all. Given is only what is surely theirs, and not
-- later than it was told: what is dated ahead would outlast whatever is taken back until then.
centre as (

    select
        subjects.person_id,
        subjects.event_id,
        events.purpose,
        events.channel,
        events.decision = 'granted' as is_granted,
        least(events.occurred_at, case when is_granted then events._first_ingested_at end) as occurred_at,
        'consent.consent_events' as decided_in
    from {{ ref('stg_consent__consent_events') }} as events
    inner join subjects on 'consent.consent_events:' || events.consent_event_id = subjects.event_id
    where events.decision = 'withdrawn' or subjects.is_sole_reach

),

-- Who unsubscribes wants no more of that purpose by that channel, whether or not the consent centre has heard of it.
unsubscribed as (

    select
        person_id,
        told_in || ':' || message_event_id as event_id,
        purpose,
        channel,
        false as is_granted,
        occurred_at,
        told_in as decided_in
    from {{ ref('int_campaigns__message_events') }}
    where event_type = 'unsubscribed' and person_id is not null

),

-- A ticked box agrees to be contacted at what was left: address or number. One left open takes nothing back.
boxes as (

    select
        'website.registrations:' || registration_id as event_id,
        least(registered_at, _first_ingested_at) as occurred_at,
        email is not null as has_email,
        phone is not null as has_phone,
        'website.registrations' as decided_in
    from {{ ref('stg_website__registrations') }}
    where has_marketing_consent

    union all

    select
        'messenger.leads:' || lead_id as event_id,
        least(created_at, _first_ingested_at) as occurred_at,
        email is not null as has_email,
        phone is not null as has_phone,
        'messenger.leads' as decided_in
    from {{ ref('stg_messenger__leads') }}
    where has_marketing_consent

),

ticked as (

    select
        owners.person_id,
        boxes.event_id,
        'marketing' as purpose,
        channels.channel,
        true as is_granted,
        boxes.occurred_at,
        boxes.decided_in
    from boxes
    inner join (values ('email'), ('sms'), ('phone')) as channels (channel)
        on (channels.channel = 'email' and boxes.has_email) or (channels.channel != 'email' and boxes.has_phone)
    inner join owners on boxes.event_id = owners.owner_no

),

decisions as (

    select * from centre
    union all
    select * from unsubscribed
    union all
    select * from ticked

),

-- A decision on all channels is one on each.
final as (

    select
        decisions.person_id,
        decisions.event_id,
        decisions.purpose,
        channels.channel,
        decisions.is_granted,
        decisions.occurred_at,
        decisions.decided_in
    from decisions
    inner join
        (values ('email'), ('sms'), ('push'), ('line'), ('phone'), ('ads'), ('web')) as channels (channel)
        on decisions.channel in (channels.channel, 'all')

)

select * from final
