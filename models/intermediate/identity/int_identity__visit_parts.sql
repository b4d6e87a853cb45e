with

events as (

    select * from {{ ref('int_identity__visit_events') }}

),

parts as (

    select
        visit_part_id,
        visit_id,
        signer,
        min(user_pseudo_id) as user_pseudo_id,
        min(session_key) as session_key,
        min(device_vendor_id) as device_vendor_id,
        min(device_advertising_id) as device_advertising_id,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        count(*) as event_count,
        count(distinct user_id) as login_count,
        min(first_ingested_at) as first_ingested_at,
        max(occurred_at) filter (where occurred_at <= first_ingested_at) as newest_at
    from events
    group by visit_part_id, visit_id, signer

),

final as (

    select
        *,
        min(started_at) over visit_parts as visit_started_at,
        max(ended_at) over visit_parts as visit_ended_at,
        min(signer) over visit_parts as visit_signer,
        coalesce(min(signer) over visit_parts != max(signer) over visit_parts, false) as has_several_signers
    from parts
    window visit_parts as (partition by visit_id)

)

select * from final
