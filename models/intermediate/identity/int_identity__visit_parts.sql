with

events as (

    select * from {{ ref('int_identity__visit_events') }}

),

-- A part is of one visit, which is of one session on one device: any of its events tells them.
parts as (

    select
        any_value(visit_part_id) as visit_part_id,
        any_value(visit_id) as visit_id,
        any_value(signer) as signer,
        any_value(user_pseudo_id) as user_pseudo_id,
        any_value(session_key) as session_key,
        any_value(device_vendor_id) as device_vendor_id,
        min(device_advertising_id) as device_advertising_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        count(distinct user_id) as login_count,
        min(first_ingested_at) as first_ingested_at,
        max(occurred_at) filter (where occurred_at <= first_ingested_at) as newest_at
    from events
    group by {{ hash64('visit_part_id') }}

),

visits as (

    select
        {{ hash64('visit_id') }} as visit_key,
        min(started_at) as visit_started_at,
        max(ended_at) as visit_ended_at,
        min(signer) as visit_signer,
        coalesce(min(signer) != max(signer), false) as has_several_signers
    from parts
    group by {{ hash64('visit_id') }}

),

final as (

    select
        parts.*,
        visits.* exclude (visit_key)
    from parts
    inner join visits on {{ hash64('parts.visit_id') }} = visits.visit_key

)

select * from final
