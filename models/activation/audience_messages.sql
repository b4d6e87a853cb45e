with

entries as (

    select * from {{ ref('programme_entries') }}
    where status in ('inside', 'completed')

),

messages as (

    -- Of what a person is due by one channel of a programme, the newest; older ones have had their time.
    select messages.*
    from {{ ref('programme_messages') }} as messages
    semi join entries on messages.entry_id = entries.entry_id
    qualify row_number() over (
        partition by messages.programme, messages.channel, messages.person_id
        order by messages.due_at desc, messages.step desc, messages.message_key asc
    ) = 1

),

audiences as (

    select * from {{ ref('audience_programmes') }}

),

today as (

    select max(as_of_date) as as_of_date from {{ ref('customer_360_pseudonymous') }}

),

members as (

    select * from {{ ref('segment_membership') }}

),

waiting as (

    select
        messages.*,
        audiences.audience
    from messages
    cross join today
    inner join audiences on messages.programme = audiences.programme and messages.channel = audiences.channel
    left join members on messages.person_id = members.person_id and messages.stay_segment = members.segment
    where
        messages.accepted_at is null
        and messages.until_date >= today.as_of_date
        and (members.person_id is not null or coalesce(messages.stay_segment, '') = '')

),

stops as (

    select
        message_key,
        person_id,
        entered_at,
        unnest(string_split(stop_events, ',')) as event_kind
    from waiting

),

-- What came since the programmes were advanced: a conversion, late or not, stops what hasn't gone out yet.
converted as (

    select stops.message_key
    from stops
    semi join {{ ref('customer_timeline') }} as events
        on stops.person_id = events.person_id
        and stops.event_kind = events.event_kind
        and stops.entered_at <= events.occurred_at

),

final as (

    select
        waiting.audience,
        waiting.person_id,
        waiting.message_key,
        waiting.programme,
        waiting.version,
        waiting.step,
        waiting.channel,
        waiting.template,
        waiting.reason,
        waiting.due_at
    from waiting
    anti join converted on waiting.message_key = converted.message_key

)

select * from final
