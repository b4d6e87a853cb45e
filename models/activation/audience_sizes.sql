with

audiences as (

    select * from {{ ref('audiences') }}

),

decisions as (

    select * from {{ ref('audience_decisions') }}

),

-- Each person falls out at the first condition that they don't meet.
final as (

    select
        audiences.audience,
        audiences.owner,
        audiences.purpose,
        audiences.channel,
        audiences.destination,
        cast(count(decisions.person_id) as integer) as member_count,
        cast(count(*) filter (where not decisions.has_consent) as integer) as without_consent_count,
        cast(count(*) filter (where decisions.has_consent and not decisions.is_contactable) as integer)
            as suppressed_count,
        cast(count(*) filter (
            where decisions.has_consent and decisions.is_contactable and not decisions.is_reachable
            and not decisions.is_address_shared
        ) as integer) as without_address_count,
        cast(count(*) filter (
            where decisions.has_consent and decisions.is_contactable and decisions.is_address_shared
        ) as integer) as address_shared_count,
        cast(count(*) filter (
            where decisions.has_consent and decisions.is_contactable and decisions.is_reachable
            and not (decisions.is_outside_global_holdout and decisions.is_outside_holdout and decisions.is_in_arm)
        ) as integer) as held_out_count,
        cast(count(*) filter (where not (decisions.is_within_cap and decisions.is_within_budget)) as integer)
            as over_budget_count,
        cast(count(*) filter (where decisions.is_chosen) as integer) as chosen_count
    from audiences
    left join decisions on audiences.audience = decisions.audience
    group by audiences.audience, audiences.owner, audiences.purpose, audiences.channel, audiences.destination

)

select * from final
