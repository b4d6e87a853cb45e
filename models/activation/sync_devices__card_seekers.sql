-- Written by `make docs` from audiences/card_seekers.yml: change that.
with

decisions as (

    select * from {{ ref('audience_decisions') }}
    where audience = 'card_seekers' and is_chosen

),

addresses as (

    select * from {{ ref('audience_addresses') }}

),

rules as (

    select * from {{ ref('contact_rules') }}

),

final as (

    select
        decisions.person_id,
        decisions.audience,
        decisions.purpose,
        decisions.channel,
        decisions.experiment_key,
        decisions.arm,
        decisions.consent_since_at,
        addresses.time_zone,
        rules.quiet_from_hour,
        rules.quiet_to_hour,
        addresses.device_id
    from decisions
    inner join addresses on decisions.person_id = addresses.person_id
    inner join rules on decisions.channel = rules.channel

)

select * from final
