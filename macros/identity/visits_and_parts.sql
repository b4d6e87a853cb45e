{% macro visits_and_parts(events) -%}
    {#-
      Events with their visit and the part of it: a query of all their columns, where signer becomes who is signed in (from a
      login on, who signed in last), and of visit_id and visit_part_id, each the event that begins it.

      events: the relation of events, with session_hash, occurred_at, event_id, signer (who signs in with it) and campaign_mark.

      A pause ends a visit even where the session goes on, so that what is decided about a visit can be final. Settings let
      midnight and another campaign end it too.
    -#}
    with

    pauses as (

        select
            *,
            case
                when coalesce(
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
                {%- endif %} then event_id
            end as visit_start
        from {{ events }}
        window session_events as (partition by session_hash order by occurred_at, event_id)

    ),

    visits as (

        select
            * exclude (visit_start),
            last_value(visit_start ignore nulls) over (
                partition by session_hash order by occurred_at, event_id
                rows between unbounded preceding and current row
            ) as visit_id
        from pauses

    ),

    signers as (

        select
            * exclude (signer),
            last_value(signer ignore nulls) over (
                visit_events rows between unbounded preceding and current row
            ) as signer,
            case
                when event_id = visit_id or coalesce(
                    signer != last_value(signer ignore nulls) over (
                        visit_events rows between unbounded preceding and 1 preceding
                    ),
                    signer is not null
                ) then event_id
            end as part_start
        from visits
        window visit_events as (partition by visit_id order by occurred_at, event_id)

    )

    select
        * exclude (part_start),
        last_value(part_start ignore nulls) over (
            partition by visit_id order by occurred_at, event_id
            rows between unbounded preceding and current row
        ) as visit_part_id
    from signers
{%- endmacro %}
