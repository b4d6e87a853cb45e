-- Written by `make docs` from audiences/points_reminder.yml: change that.
with

decisions as (

    select * from {{ ref('audience_decisions') }}
    where audience = 'points_reminder' and is_chosen

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
        addresses.line_user_id,
        people.points_balance
    from decisions
    inner join addresses on decisions.person_id = addresses.person_id
    inner join rules on decisions.channel = rules.channel
    left join people on decisions.person_id = people.person_id

)

select * from final
