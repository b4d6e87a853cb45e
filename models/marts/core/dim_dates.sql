with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

days as (

    select
        cast(unnest(generate_series(
            date_trunc('year', as_of.first_month_date),
            as_of.month_end_date,
            interval 1 day
        )) as date) as calendar_date,
        as_of.as_of_date
    from as_of

),

final as (

    select
        calendar_date,
        cast(date_trunc('week', calendar_date) as date) as week_start_date,
        cast(date_trunc('month', calendar_date) as date) as month_start_date,
        last_day(calendar_date) as month_end_date,
        cast(date_trunc('quarter', calendar_date) as date) as quarter_start_date,
        cast(year(calendar_date) as integer) as calendar_year,
        cast(isodow(calendar_date) as integer) as iso_weekday,
        isodow(calendar_date) >= 6 as is_weekend,
        calendar_date <= as_of_date as is_past
    from days

)

select * from final
