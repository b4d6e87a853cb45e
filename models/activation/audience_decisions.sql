with

checks as (

    select
        *,
        has_consent and is_reachable and is_contactable and is_outside_global_holdout and is_outside_holdout
        and is_in_arm as is_eligible
    from {{ ref('audience_checks') }}

),

-- Caps of channels lie within the one budget, so that taking the first that still fit is the best there is. A channel
-- without a cap takes from the budget all the same.
in_channel as (

    select
        *,
        case
            when is_eligible and is_contact then row_number() over (
                partition by person_id, channel, is_eligible and is_contact order by priority, audience
            )
        end as channel_place
    from checks

),

in_week as (

    select
        *,
        coalesce(channel_place <= channel_contacts_left, true) as is_within_cap,
        case
            when coalesce(channel_place <= channel_contacts_left, channel_place is not null) then row_number() over (
                partition by
                    person_id, coalesce(channel_place <= channel_contacts_left, channel_place is not null)
                order by priority, audience
            )
        end as week_place
    from in_channel

),

decided as (

    select
        *,
        coalesce(week_place <= contacts_left, true) as is_within_budget
    from in_week

),

final as (

    select
        audience,
        person_id,
        purpose,
        channel,
        experiment_key,
        arm,
        has_consent,
        consent_since_at,
        is_reachable,
        is_address_shared,
        is_contactable,
        suppression_reasons,
        is_outside_global_holdout,
        is_outside_holdout,
        is_in_arm,
        is_within_cap,
        is_within_budget,
        is_eligible and is_within_cap and is_within_budget as is_chosen,
        case
            when not has_consent then 'no consent for ' || purpose || ' by ' || channel
            when not is_contactable then 'suppressed: ' || suppression_reasons
            when is_address_shared then 'address_shared: somebody else has the address for ' || channel || ' too'
            when not is_reachable then 'no address for ' || channel
            when not is_outside_global_holdout then 'kept free of all audiences (global hold-out)'
            when not is_outside_holdout then 'kept free of this audience (hold-out)'
            when not is_in_arm then 'is not in arm ' || arm || ' of experiment ' || experiment_key
            when not is_within_cap and channel_contacts_left = 0
                then 'had enough contacts by ' || channel || ' this week'
            when not is_within_cap then 'an audience of higher priority has the last contact by ' || channel
            when not is_within_budget and contacts_left = 0 then 'had enough contacts this week'
            when not is_within_budget then 'an audience of higher priority has the last contact of the week'
            else 'chosen'
        end as explanation
    from decided

)

select * from final
