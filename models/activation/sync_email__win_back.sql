-- Written by `make docs` from audiences/win_back.yml: change that.
with

decisions as (

    select * from {{ ref('audience_decisions') }}
    where audience = 'win_back' and is_chosen

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
        addresses.email,
        people.full_name,
        people.rfm_segment,
        people.next_best_offer,
        people.next_best_offer_reason
    from decisions
    inner join addresses on decisions.person_id = addresses.person_id
    inner join rules on decisions.channel = rules.channel
    left join people on decisions.person_id = people.person_id

)

select * from final
