with

members as (select * from {{ ref('audience_members') }}),

audiences as (select * from {{ ref('audiences') }}),

programmes as (select * from {{ ref('audience_programmes') }}),

rules as (select * from {{ ref('contact_rules') }}),

consents as (select * from {{ ref('customer_consents') }} where is_granted),

suppressions as (

    select
        audiences.audience,
        suppressions.person_id,
        string_agg(suppressions.reason, ', ' order by suppressions.reason) as suppression_reasons
    from {{ ref('customer_suppressions') }} as suppressions
    inner join audiences on suppressions.channel in (audiences.channel, 'all')
    group by audiences.audience, suppressions.person_id

),

addresses as (select * from {{ ref('audience_addresses') }}),

pressure as (select * from {{ ref('customer_contact_pressure') }}),

budgets as (

    select pressure.person_id, sum(pressure.contact_7d_count) as contact_7d_count
    from pressure
    inner join rules on pressure.channel = rules.channel and rules.is_contact
    group by pressure.person_id

),

arms as (select * from {{ ref('segment_experiment_arms') }}),

holdouts as (

    select
        audience,
        person_id,
        {{ experiment_bucket("'global_holdout'", 'person_id') }} as global_place,  -- noqa: PRS
        {{ experiment_bucket("'audience:' || audience", 'person_id') }} as audience_place  -- noqa: PRS
    from members

),

final as (

    select
        members.audience,
        members.person_id,
        audiences.purpose,
        audiences.channel,
        audiences.priority,
        audiences.experiment as experiment_key,
        audiences.arm,
        consents.person_id is not null as has_consent,
        consents.since_at as consent_since_at,
        case
            when audiences.destination = 'devices' then addresses.device_id
            else {{ channel_address('audiences.channel', 'addresses') }}
        end is not null as is_reachable,
        not is_reachable and coalesce(
            case audiences.channel
                when 'email' then addresses.is_email_shared
                when 'ads' then audiences.destination != 'devices'
                    and (addresses.is_email_shared or addresses.is_phone_shared)
                when 'sms' then addresses.is_phone_shared
                when 'phone' then addresses.is_phone_shared
            end, false
        ) as is_address_shared,
        suppressions.person_id is null as is_contactable,
        suppressions.suppression_reasons,
        holdouts.global_place >= {{ var('global_holdout_rate') }} as is_outside_global_holdout,
        holdouts.audience_place >= audiences.holdout_rate as is_outside_holdout,
        audiences.experiment is null or arms.person_id is not null as is_in_arm,
        -- Who is on the list since this week stays on it: that contact was counted. Who left it in between is put on it
        -- anew, and a programme writes anew each time.
        rules.is_contact
        and (
            programmes.audience is not null
            or not coalesce(
                list_contains(string_split(pressure.standing_campaign_ids, ', '), 'audience:' || members.audience),
                false
            )
        ) as is_contact,
        case
            when rules.weekly_cap is not null
                then greatest(rules.weekly_cap - cast(coalesce(pressure.contact_7d_count, 0) as integer), 0)
        end as channel_contacts_left,
        greatest({{ var('contact_budget') }} - cast(coalesce(budgets.contact_7d_count, 0) as integer), 0)
            as contacts_left
    from members
    inner join holdouts on members.audience = holdouts.audience and members.person_id = holdouts.person_id
    inner join audiences on members.audience = audiences.audience
    inner join rules on audiences.channel = rules.channel
    left join programmes on members.audience = programmes.audience
    left join arms
        on members.person_id = arms.person_id
        and audiences.experiment = arms.experiment_key
        and audiences.arm = arms.arm
    left join addresses on members.person_id = addresses.person_id
    left join consents
        on members.person_id = consents.person_id
        and audiences.purpose = consents.purpose
        and audiences.channel = consents.channel
    left join suppressions on members.audience = suppressions.audience and members.person_id = suppressions.person_id
    left join pressure on members.person_id = pressure.person_id and audiences.channel = pressure.channel
    left join budgets on members.person_id = budgets.person_id

)

select * from final
