with

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

profiles as (

    select person_id, declared_income_amount from {{ ref('int_customer__profiles') }}

),

salaries as (

    select * from {{ ref('int_customer__salaries') }}

),

-- Whoever is paid here is left out: their account tells the income itself, and would teach that all accounts do.
final as (

    select
        behaviour.*,
        salaries.salary_amount as regular_amount,
        case when profiles.declared_income_amount > 0 then profiles.declared_income_amount end as known_amount
    from behaviour
    inner join profiles on behaviour.person_id = profiles.person_id
    left join salaries on behaviour.person_id = salaries.person_id
    where salaries.is_payroll is not true

)

select * from final
