with

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

rules as (

    select * from {{ ref('life_stage_rules') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- A policy for a child, or a habit of buying for one: in a quarter of the last year's months at least.
children as (

    select person_id
    from {{ ref('int_customer__policy_contracts') }}
    where beneficiary_relation = 'child' and is_open
    union
    select spending.person_id
    from {{ ref('int_customer__signal_spending') }} as spending
    cross join as_of
    where
        spending.event_kind = 'child'
        and spending.month_end_date > last_day(cast(as_of.month_end_date - interval 12 month as date))
        and spending.month_end_date <= as_of.month_end_date
    group by spending.person_id
    having count(*) >= 3

),

facts as (

    select
        profiles.person_id,
        date_sub('year', profiles.date_of_birth, as_of.as_of_date) as age_years,
        lower(profiles.occupation) as occupation,
        case when profiles.marital_status is not null then profiles.marital_status = 'married' end as is_paired,
        children.person_id is not null as has_child
    from profiles
    cross join as_of
    left join children on profiles.person_id = children.person_id

),

-- What isn't known fits no rule that asks for it.
matched as (

    select
        facts.person_id,
        rules.life_stage,
        rules.priority
    from facts
    inner join rules
        on (rules.min_age is null or facts.age_years >= rules.min_age)
        and (rules.max_age is null or facts.age_years <= rules.max_age)
        and (rules.occupation is null or facts.occupation = rules.occupation)
        and (rules.is_paired is null or facts.is_paired = rules.is_paired)
        and (rules.has_child is null or facts.has_child = rules.has_child)
    qualify row_number() over (partition by facts.person_id order by rules.priority) = 1

),

final as (

    select
        facts.person_id,
        coalesce(matched.life_stage, 'unknown') as life_stage,
        matched.priority as life_stage_rule,
        facts.has_child as has_child_sign
    from facts
    left join matched on facts.person_id = matched.person_id

)

select * from final
