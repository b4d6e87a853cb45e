with

flows as (

    select * from {{ ref('int_customer__monthly_flows') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- A month that has just begun would make the median small.
final as (

    select
        flows.person_id,
        median(flows.inflow_amount) as inflow_amount,
        count(*) as month_count
    from flows
    cross join as_of
    where
        flows.inflow_amount > 0
        and flows.month_end_date > last_day(cast(as_of.whole_month_end_date - interval 6 month as date))
        and flows.month_end_date <= as_of.whole_month_end_date
    group by flows.person_id

)

select * from final
