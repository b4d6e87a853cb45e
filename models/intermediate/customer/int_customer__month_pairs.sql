{{ config(materialized='view') }}

with

months as (

    select * from {{ ref('int_customer__calendar') }}

),

final as (

    select
        months.month_end_date as closing_month_end_date,
        months.as_of_date,
        months.is_closed,
        months.closes_at,
        earlier.month_end_date,
        cast(date_diff('month', earlier.month_end_date, months.month_end_date) as integer) as months_before
    from months
    inner join months as earlier on months.month_end_date >= earlier.month_end_date

)

select * from final
