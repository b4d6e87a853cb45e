-- Written by `make docs` from programmes/*.yml: change those.
with

decisions as (

    select * from {{ ref('audience_decisions') }}
    where is_chosen

),

messages as (

    select * from {{ ref('audience_messages') }}
    where channel = 'email'

),

addresses as (

    select * from {{ ref('audience_addresses') }}

),

rules as (

    select * from {{ ref('contact_rules') }}

),

people as (

    select * from {{ ref('customer_360') }}

),

final as (

    select
        messages.message_key,
        messages.programme,
        messages.version,
        messages.step,
        messages.template,
        messages.reason,
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
        addresses.email,
        people.full_name
    from messages
    inner join decisions
        on messages.audience = decisions.audience and messages.person_id = decisions.person_id
    inner join addresses on decisions.person_id = addresses.person_id
    inner join rules on decisions.channel = rules.channel
    left join people on decisions.person_id = people.person_id

)

select * from final
