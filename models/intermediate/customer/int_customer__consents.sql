with

decisions as (

    select * from {{ ref('int_customer__consent_decisions') }}

),

-- Of two decisions of one moment, the one that takes back counts.
ranked as (

    select
        *,
        row_number() over newest_first as newness,
        first_value(is_granted) over newest_first as is_granted_now
    from decisions
    window newest_first as (
        partition by person_id, purpose, channel
        order by occurred_at desc, is_granted asc, event_id desc
        rows between unbounded preceding and unbounded following
    )

),

turns as (

    select
        *,
        min(case when is_granted != is_granted_now then newness end)
            over (partition by person_id, purpose, channel) as turned_at_newness
    from ranked

),

final as (

    select
        person_id,
        purpose,
        channel,
        bool_or(is_granted_now) as is_granted,
        min(occurred_at) filter (where newness < turned_at_newness or turned_at_newness is null) as since_at,
        max(occurred_at) as last_decided_at,
        min_by(decided_in, newness) as decided_in,
        count(*) as decision_count
    from turns
    group by person_id, purpose, channel

)

select * from final
