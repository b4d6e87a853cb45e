-- Written by `make docs` from audiences/card_activation.yml: change that.
with

decisions as (

    select * from {{ ref('audience_decisions') }}
    where audience = 'card_activation' and is_chosen

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
        addresses.phone,
        people.full_name
    from decisions
    inner join addresses on decisions.person_id = addresses.person_id
    inner join rules on decisions.channel = rules.channel
    left join people on decisions.person_id = people.person_id

)

select * from final
