with

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

months as (

    select
        last_day(cast(unnest(generate_series(
            as_of.first_month_date, as_of.month_end_date, interval 1 month
        )) as date)) as month_end_date,
        as_of.as_of_date
    from as_of

),

-- The newest day on which anything arrived, from any source.
newest as (

    select {{ newest_lake_date() }} as arrived_date

),

final as (

    select
        months.month_end_date,
        least(months.month_end_date, months.as_of_date) as as_of_date,
        {{ closes_at('months.month_end_date') }} as closes_at,
        newest.arrived_date > months.month_end_date + {{ var('month_closing_days') }} as is_closed
    from months
    cross join newest

)

select * from final
