with

months as (

    select * from {{ ref('fct_customer_months') }}

),

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

cohorts as (

    select last_day({{ local_date('registered_at') }}) as cohort_month_end_date, count(*) as cohort_size
    from profiles
    where registered_at is not null
    group by cohort_month_end_date

),

by_month as (

    select
        cohort_month_end_date,
        month_end_date,
        tenure_months,
        count(*) filter (is_customer) as customer_count,
        count(*) filter (is_customer and is_active) as active_count,
        sum(card_spend_amount) as card_spend_amount,
        max(currency_code) as currency_code
    from months
    group by cohort_month_end_date, month_end_date, tenure_months

),

final as (

    select
        by_month.cohort_month_end_date,
        by_month.month_end_date,
        by_month.tenure_months,
        cast(cohorts.cohort_size as integer) as cohort_size,
        cast(by_month.customer_count as integer) as customer_count,
        cast(by_month.active_count as integer) as active_count,
        by_month.customer_count / cohorts.cohort_size as retention_rate,
        by_month.active_count / cohorts.cohort_size as active_rate,
        cast(by_month.card_spend_amount as decimal(18, 2)) as card_spend_amount,
        by_month.currency_code
    from by_month
    inner join cohorts on by_month.cohort_month_end_date = cohorts.cohort_month_end_date

)

select * from final
