with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- The newest month may have just begun; averages are of the twelve whole months before it, or of it where it has ended.
flows as (

    select
        flows.*,
        as_of.whole_month_end_date,
        flows.month_end_date > last_day(cast(as_of.whole_month_end_date - interval 3 month as date)) as is_recent
    from {{ ref('int_customer__monthly_flows') }} as flows
    cross join as_of
    where
        flows.month_end_date <= as_of.whole_month_end_date
        and flows.month_end_date > last_day(cast(as_of.whole_month_end_date - interval 12 month as date))

),

salaries as (

    select * from {{ ref('int_customer__salaries') }}

),

-- A person's first month with a movement begins what is averaged; months without any since then count as nothing.
averages as (

    select
        flows.person_id,
        date_diff('month', min(flows.month_end_date), any_value(flows.whole_month_end_date)) + 1 as month_count,
        sum(flows.inflow_amount) as inflow_amount,
        sum(flows.outflow_amount) as outflow_amount,
        sum(flows.inflow_amount) filter (where flows.is_recent) as recent_inflow_amount,
        sum(flows.outflow_amount) filter (where flows.is_recent) as recent_outflow_amount,
        stddev_pop(flows.inflow_amount) / nullif(avg(flows.inflow_amount), 0) as inflow_variation
    from flows
    group by flows.person_id

),

final as (

    select
        averages.person_id,
        cast(averages.month_count as integer) as flow_month_count,
        cast(round(averages.inflow_amount / averages.month_count, 2) as decimal(18, 2)) as average_inflow_amount,
        cast(round(averages.outflow_amount / averages.month_count, 2) as decimal(18, 2)) as average_outflow_amount,
        cast(round((averages.inflow_amount - averages.outflow_amount) / averages.month_count, 2) as decimal(18, 2))
            as average_surplus_amount,
        cast(round(
            coalesce(averages.recent_inflow_amount - averages.recent_outflow_amount, 0)
            / least(averages.month_count, 3), 2
        ) as decimal(18, 2)) as recent_surplus_amount,
        -- Below -1, more than twice what came in went out: how much more says nothing.
        cast(case when averages.inflow_amount > 0 then greatest(
            (averages.inflow_amount - averages.outflow_amount) / averages.inflow_amount, -1
        ) end as decimal(9, 6)) as savings_rate,
        cast(averages.inflow_variation as decimal(18, 6)) as inflow_variation,
        salaries.salary_amount,
        salaries.salary_day_of_month,
        salaries.last_salary_date,
        salaries.person_id is not null as has_regular_salary
    from averages
    left join salaries on averages.person_id = salaries.person_id

)

select * from final
