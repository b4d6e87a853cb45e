with

months as (

    select * from {{ ref('customer_monthly_restated') }}

),

flows as (

    select * from {{ ref('int_customer__monthly_flows') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

profiles as (

    select
        person_id,
        last_day({{ local_date('registered_at') }}) as first_month_end_date,
        last_day({{ local_date('closed_at') }}) as last_month_end_date
    from {{ ref('int_customer__profiles') }}

),

final as (

    select
        months.person_id,
        months.month_end_date,
        profiles.first_month_end_date as cohort_month_end_date,
        cast(date_diff('month', profiles.first_month_end_date, months.month_end_date) as integer) as tenure_months,
        profiles.first_month_end_date = months.month_end_date as is_new,
        profiles.first_month_end_date < months.month_end_date as was_customer_before,
        coalesce(profiles.last_month_end_date = months.month_end_date, false) as is_lost,
        coalesce(profiles.last_month_end_date > months.month_end_date, true) as is_customer,
        coalesce(flows.deed_count, 0) > 0 as is_active,
        months.month_end_date <= as_of.as_of_date as is_complete,
        months.deposit_balance_amount,
        months.card_balance_amount,
        months.card_limit_amount,
        months.inflow_amount,
        months.outflow_amount,
        months.card_spend_amount,
        months.transaction_count,
        months.currency_code
    from months
    inner join profiles on months.person_id = profiles.person_id
    left join flows on months.person_id = flows.person_id and months.month_end_date = flows.month_end_date
    cross join as_of

)

select * from final
