with

months as (

    select * from {{ ref('customer_monthly_restated') }}

),

newest as (

    select max(month_end_date) as month_end_date from months

),

final as (

    select months.person_id
    from months
    cross join newest
    where months.month_end_date > last_day(cast(newest.month_end_date - interval 3 month as date))
    group by months.person_id
    having count(*) filter (months.salary_amount > 0) >= 2

)

select * from final
