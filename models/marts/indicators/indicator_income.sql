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

    select * from {{ ref('int_indicators__inflows') }}

),

scores as (

    select * from {{ ref('int_indicators__income_scores') }}

),

assumed as (

    select * from {{ ref('method_confidence') }}
    where indicator = 'income'

),

evidence as (

    select
        profiles.person_id,
        profiles.declared_income_amount,
        salaries.salary_amount,
        coalesce(salaries.is_payroll, false) as is_payroll,
        case when inflows.month_count >= 3 then inflows.inflow_amount end as inflow_amount,
        inferred.amount as inferred_amount,
        as_of.as_of_date
    from profiles
    cross join as_of
    left join salaries on profiles.person_id = salaries.person_id
    left join inflows on profiles.person_id = inflows.person_id
    left join scores as inferred on profiles.person_id = inferred.person_id and inferred.method = 'inferred'

),

-- Payroll beats what was once written on a form; any other regular payer only if it isn't far below the declaration,
-- because who declares more is often paid elsewhere. A declaration stands unless twice as much arrives. Then what
-- behaviour tells, and where nothing could be learned the inflows, the weakest sign.
judged as (

    select
        *,
        case
            when is_payroll then 'verified'
            when salary_amount >= 0.5 * coalesce(declared_income_amount, 0) then 'detected'
            when declared_income_amount > 0 and coalesce(inflow_amount, 0) <= 2 * declared_income_amount
                then 'declared'
            when inferred_amount > 0 then 'inferred'
            when inflow_amount > 0 then 'inflows'
            else 'unknown'
        end as method
    from evidence

),

valued as (

    select
        judged.*,
        cast(case judged.method
            when 'verified' then judged.salary_amount
            when 'detected' then judged.salary_amount
            when 'declared' then judged.declared_income_amount
            when 'inferred' then judged.inferred_amount
            when 'inflows' then judged.inflow_amount
        end as decimal(18, 2)) as monthly_income_amount,
        scores.band as scored_band,
        coalesce(scores.probability, assumed.confidence_rate) as confidence
    from judged
    left join scores on judged.person_id = scores.person_id and judged.method = scores.method
    left join assumed on judged.method = assumed.method

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
        cast(null as double) as probability,
        cast(case when valued.method != 'unknown' then round(100 * percent_rank() over (
            partition by valued.method != 'unknown' order by valued.monthly_income_amount
        )) end as integer) as score,
        case
            when valued.confidence >= {{ var('indicator_least_confidence') }}
                then coalesce(valued.scored_band, banded.band, 'unknown')
            else 'unknown'
        end as band,
        cast(valued.confidence as double) as confidence,
        {{ evidence_columns({
            'salary': "valued.salary_amount is not null",
            'declaration': "valued.declared_income_amount is not null",
            'inflows': "valued.inflow_amount is not null",
            'behaviour': "valued.method = 'inferred'",
        }) }},
        valued.method,
        '2' as version,
        valued.as_of_date
    from valued
    left join banded on valued.person_id = banded.person_id

)

select * from final
