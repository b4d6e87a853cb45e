with

-- Who is in an audience for ads or the web is written nothing.
channels as (select channel from {{ ref('contact_rules') }} where is_contact),

-- A message that may have arrived, and therefore is not sent again, is one. What is put off or goes again is none yet.
-- That a number opted out at the gateway, or that there is no such address, is told in the answer.
results as (

    select
        *,
        status = 'accepted' or coalesce(reason = 'may have been delivered: not sent again', false) as is_sent,
        case
            when reason like '%error 21610%' then 'unsubscribed'
            when {{ matches_fully('reason', 'status 55. 5[.]1[.].*|status [0-9]+, error 21(211|614)') }} then 'bounced'
        end as refused_as
    from {{ ref('stg_activation__row_results') }}
    where op in ('add', 'change') and row_id is not null

),

events as (select * from {{ ref('stg_activation__message_events') }}),

people as (

    select
        person_id,
        case change_type when 'merged' then other_person_id when 'retired' then null else person_id end
            as current_person_id
    from {{ ref('int_identity__id_ledger') }}
    where change_type in ('created', 'split', 'merged', 'retired')
    qualify row_number() over (partition by person_id order by change_no desc) = 1

),

-- A row that was sent again by a later run is the same one.
rows_sent as (

    select
        results.row_id,
        min(results.sync) as sync,
        min(results.row_key) as row_key,
        min(results.version) as version,
        min(results.op) as op,
        min(people.current_person_id) as person_id,
        'audience:' || min(results.campaign) as campaign_id,
        min(results.purpose) as purpose,
        min(results.channel) as channel,
        min(results.experiment_key) as experiment_key,
        min(results.arm) as arm,
        min(results.answered_at) filter (where results.is_sent) as sent_at,
        min(results.refused_as) as refused_as, max(results.answered_at) as answered_at,
        min(results._first_ingested_at) as _first_ingested_at
    from results
    inner join channels on results.channel = channels.channel
    inner join people on results.person_id = people.person_id
    where results.is_sent or results.status = 'uncertain' or results.refused_as is not null
    group by results.row_id

),

-- To be put on a list, or to be sent a message, is a contact; that something on the list changed is none.
messages as (

    select
        *,
        last_value(case when op = 'add' then row_id end ignore nulls) over (
            partition by sync, row_key order by version rows between unbounded preceding and current row
        ) as message_id
    from rows_sent

),

last_messages as (

    select * from messages
    qualify row_number() over (partition by sync, row_key order by version desc) = 1

),

told as (

    select messages.*, events.message_event_id, events.event_type, events.occurred_at, events.link_url,
        events._first_ingested_at as told_at
    from events
    inner join messages on events.row_id = messages.row_id

    union all

    select last_messages.*, events.message_event_id, events.event_type, events.occurred_at, events.link_url,
        events._first_ingested_at as told_at
    from events
    inner join last_messages on events.sync = last_messages.sync and events.row_key = last_messages.row_key
    where events.row_id is null

    union all

    select messages.*, 'sent:' || row_id as message_event_id, 'sent' as event_type, sent_at as occurred_at,
        null as link_url, _first_ingested_at as told_at
    from messages where op = 'add' and sent_at is not null

    union all

    select messages.*, 'refused:' || row_id as message_event_id, refused_as as event_type, answered_at as occurred_at,
        null as link_url, _first_ingested_at as told_at
    from messages where refused_as is not null

),

final as (

    select
        message_event_id, message_id, campaign_id, person_id, purpose, channel, event_type, occurred_at, link_url,
        experiment_key, arm, told_at as _first_ingested_at
    from told
    where message_id is not null and person_id is not null

)

select * from final
