with

profiles as (

    select person_id, declared_income_amount from {{ ref('int_customer__profiles') }}

),

salaries as (

    select * from {{ ref('int_customer__salaries') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

bands as (

    select * from {{ ref('income_bands') }}
    where currency_code = '{{ setting("currency") }}'

),

inflows as (

    select
        flows.person_id,
        median(flows.inflow_amount) as inflow_amount,
        count(*) as month_count
    from {{ ref('int_customer__monthly_flows') }} as flows
    cross join as_of
    where
        flows.inflow_amount > 0
        and flows.month_end_date > last_day(cast(as_of.as_of_date - interval 6 month as date))
        and flows.month_end_date <= as_of.month_end_date
    group by flows.person_id

),

evidence as (

    select
        profiles.person_id,
        profiles.declared_income_amount,
        salaries.salary_amount,
        coalesce(salaries.is_payroll, false) as is_payroll,
        case when inflows.month_count >= 3 then inflows.inflow_amount end as inflow_amount,
        as_of.as_of_date
    from profiles
    cross join as_of
    left join salaries on profiles.person_id = salaries.person_id
    left join inflows on profiles.person_id = inflows.person_id

),

-- Payroll beats what was once written on a form; any other regular payer only if it isn't far below the declaration,
-- because who declares more is often paid elsewhere. A declaration stands unless twice as much arrives. Inflows alone
-- are the weakest sign.
judged as (

    select
        person_id,
        as_of_date,
        case
            when is_payroll then 'detected_salary'
            when salary_amount >= 0.5 * coalesce(declared_income_amount, 0) then 'detected_salary'
            when declared_income_amount > 0 and coalesce(inflow_amount, 0) <= 2 * declared_income_amount then 'declared'
            when inflow_amount > 0 then 'inflows'
            else 'unknown'
        end as method,
        declared_income_amount,
        salary_amount,
        inflow_amount
    from evidence

),

valued as (

    select
        *,
        cast(case method
            when 'detected_salary' then salary_amount
            when 'declared' then declared_income_amount
            when 'inflows' then inflow_amount
        end as decimal(18, 2)) as monthly_income_amount
    from judged

),

banded as (

    select
        valued.person_id,
        max_by(bands.band, bands.from_amount) as band
    from valued
    inner join bands on valued.monthly_income_amount >= bands.from_amount
    group by valued.person_id

),

final as (

    select
        valued.person_id,
        'income' as indicator,
        valued.monthly_income_amount as value_amount,
        cast(case when valued.method != 'unknown' then round(100 * percent_rank() over (
            partition by valued.method != 'unknown' order by valued.monthly_income_amount
        )) end as integer) as score,
        case when valued.method = 'unknown' then 'unknown' else coalesce(banded.band, 'unknown') end as band,
        cast(
            cast(valued.salary_amount is not null as integer)
            + cast(valued.declared_income_amount is not null as integer)
            + cast(valued.inflow_amount is not null as integer)
        as integer) as evidence_count,
        concat_ws(
            ', ',
            case when valued.salary_amount is not null then 'salary' end,
            case when valued.declared_income_amount is not null then 'declaration' end,
            case when valued.inflow_amount is not null then 'inflows' end
        ) as evidence_sources,
        valued.method,
        '1' as version,
        valued.as_of_date
    from valued
    left join banded on valued.person_id = banded.person_id

)

select * from final
