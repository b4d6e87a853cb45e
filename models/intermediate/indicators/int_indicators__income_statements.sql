with

profiles as (

    select person_id, declared_income_amount from {{ ref('int_customer__profiles') }}

),

salaries as (

    select * from {{ ref('int_customer__salaries') }}
    where is_payroll

),

final as (

    select
        profiles.person_id,
        profiles.declared_income_amount,
        salaries.salary_amount as known_amount
    from profiles
    left join salaries on profiles.person_id = salaries.person_id
    where profiles.declared_income_amount > 0

)

select * from final
