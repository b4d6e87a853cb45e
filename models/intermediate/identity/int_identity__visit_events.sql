with

-- Not held: each step below reads the few columns that it needs.
events as not materialized (

    select
        events.event_id,
        events.occurred_at,
        events.user_pseudo_id,
        events.session_key,
        events.device_vendor_id,
        events.device_advertising_id,
        events.user_id,
        events._first_ingested_at as first_ingested_at,
        {{ hash64('events.user_pseudo_id, events.session_key, events.device_vendor_id') }} as session_hash,
        {{ campaign_mark('events') }} as campaign_mark
    from {{ ref('stg_digital__events') }} as events

),

signed_in_events as (

    select * from {{ ref('int_identity__person_records') }}
    where source_name = 'digital' and table_name = 'events'

),

-- A login that belongs to no person is still somebody else than the persons around it.
logins as (

    select
        events.session_hash,
        events.occurred_at,
        events.event_id,
        coalesce(persons.person_id, 'login:' || events.user_id) as signer
    from events
    left join signed_in_events as persons on {{ hash64('events.event_id') }} = {{ hash64('persons.record_id') }}
    where events.user_id is not null

),

session_logins as (

    select
        session_hash,
        min(occurred_at) as login_at,
        min_by(event_id, (occurred_at, event_id)) as login_id,
        min(signer) as signer,
        min(signer) != max(signer) as has_several_signers
    from logins
    group by session_hash

),

session_spans as (

    select
        session_hash,
        min_by(event_id, (occurred_at, event_id)) as first_event_id,
        {{ may_be_several_visits() }} as may_be_several_visits
    from events
    group by session_hash

),

sessions as (

    select
        spans.*,
        logins.* exclude (session_hash),
        spans.may_be_several_visits or coalesce(logins.has_several_signers, false) as is_cut
    from session_spans as spans
    left join session_logins as logins on spans.session_hash = logins.session_hash

),

-- Most sessions are too short for a pause, and one person signs in or nobody: one visit of at most two parts.
whole_sessions as (

    select
        events.* exclude (session_hash, campaign_mark),
        sessions.first_event_id as visit_id,
        case
            when (events.occurred_at, events.event_id) >= (sessions.login_at, sessions.login_id) then sessions.signer
        end as signer,
        sessions.login_id
    from events
    inner join sessions on events.session_hash = sessions.session_hash
    where not sessions.is_cut

),

cut_sessions as (

    select
        events.*,
        logins.signer
    from events
    inner join sessions on events.session_hash = sessions.session_hash
    left join logins on events.event_id = logins.event_id
    where sessions.is_cut

),

cut_events as (
    {{ visits_and_parts('cut_sessions') }}
),

final as (

    select
        * exclude (login_id),
        case when signer is not null then login_id else visit_id end as visit_part_id
    from whole_sessions
    union all by name
    select * exclude (session_hash, campaign_mark) from cut_events

)

select * from final
