with

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

profiles as (

    select person_id, date_of_birth from {{ ref('int_customer__profiles') }}

),

policies as (

    select * from {{ ref('int_indicators__policies') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

age_groups as (

    select * from {{ ref('age_groups') }}

),

-- Completed years: not before the birthday of this year.
aged as (

    select
        profiles.person_id,
        date_sub('year', profiles.date_of_birth, as_of.as_of_date) as age_years
    from profiles
    cross join as_of
    where profiles.date_of_birth <= as_of.as_of_date

),

final as (

    select
        behaviour.*,
        policies.spouse_policy_count,
        policies.child_policy_count,
        policies.parent_policy_count,
        age_groups.age_group
    from behaviour
    left join aged on behaviour.person_id = aged.person_id
    left join age_groups on aged.age_years between age_groups.from_age and age_groups.to_age
    left join policies on behaviour.person_id = policies.person_id

)

select * from final
