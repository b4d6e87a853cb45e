with

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

policies as (

    select * from {{ ref('int_indicators__policies') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

joint_accounts as (

    select
        person_id,
        count(*) as joint_account_count
    from {{ ref('int_customer__current_owners') }}
    where owner_count > 1
    group by person_id

),

households as (

    select * from {{ ref('int_identity__households') }}
    where is_admitted

),

final as (

    select
        behaviour.*,
        -- The form of address is chosen by the person; in some languages it tells.
        profiles.title,
        profiles.gender,
        date_diff('year', profiles.date_of_birth, as_of.as_of_date) as age_years,
        policies.spouse_policy_count,
        policies.child_policy_count,
        policies.parent_policy_count,
        joint_accounts.joint_account_count,
        households.member_count as household_member_count,
        profiles.marital_status = 'married' as is_married
    from behaviour
    inner join profiles on behaviour.person_id = profiles.person_id
    cross join as_of
    left join policies on behaviour.person_id = policies.person_id
    left join joint_accounts on behaviour.person_id = joint_accounts.person_id
    left join households on behaviour.person_id = households.person_id

)

select * from final
