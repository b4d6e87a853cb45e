with

events as (

    select * from {{ ref('stg_digital__events') }}

),

signed_in_events as (

    select * from {{ ref('int_identity__person_records') }}
    where source_name = 'digital' and table_name = 'events'

),

-- A login that belongs to no person is still somebody else than the persons around it.
logins as (

    select
        events.event_id,
        events.occurred_at,
        events.user_pseudo_id,
        events.session_key,
        events.device_vendor_id,
        events.device_advertising_id,
        events.user_id,
        {{ campaign_mark('events') }} as campaign_mark,
        case when events.user_id is not null then coalesce(persons.person_id, 'login:' || events.user_id) end as signer,
        events._first_ingested_at as first_ingested_at
    from events
    left join signed_in_events as persons on events.event_id = persons.record_id

),

-- A pause ends a visit even where the session goes on, so that what is decided about a visit can be final. Settings let
-- midnight and another campaign end it too.
pauses as (

    select
        * exclude (campaign_mark),
        coalesce(
            occurred_at > lag(occurred_at) over session_events
            + interval '{{ var("visit_timeout_minutes") }}' minute,
            true
        )
        {%- if var("visit_ends_at_midnight") %}
        or {{ local_date('occurred_at') }} != {{ local_date('lag(occurred_at) over session_events') }}
        {%- endif %}
        {%- if var("visit_ends_with_new_campaign") %}
        or coalesce(campaign_mark is distinct from last_value(campaign_mark ignore nulls) over (
            session_events rows between unbounded preceding and 1 preceding
        ) and campaign_mark is not null, false)
        {%- endif %} as is_first_of_visit
    from logins
    window session_events as (
        partition by user_pseudo_id, session_key, device_vendor_id order by occurred_at, event_id
    )

),

visits as (

    select
        *,
        last_value(case when is_first_of_visit then event_id end ignore nulls) over (
            partition by user_pseudo_id, session_key, device_vendor_id order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as visit_id
    from pauses

),

-- From a login on, events are of who signed in last.
signed_in as (

    select
        * exclude (signer, is_first_of_visit),
        last_value(signer ignore nulls) over (
            partition by visit_id order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as signer
    from visits

),

cuts as (

    select
        *,
        (event_id = visit_id or signer is distinct from lag(signer) over visit_events) as is_first_of_part
    from signed_in
    window visit_events as (partition by visit_id order by occurred_at, event_id)

),

final as (

    select
        * exclude (is_first_of_part),
        last_value(case when is_first_of_part then event_id end ignore nulls) over (
            partition by visit_id order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as visit_part_id
    from cuts

)

select * from final
