with

profiles as (

    select
        person_id,
        {{ local_date('registered_at') }} as registered_date,
        {{ local_date('closed_at') }} as closed_date
    from {{ ref('int_customer__profiles') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- Whole months only: a month that has just begun would look like a bad one. Twelve, to hold what comes once a year.
earned as (

    select
        months.person_id,
        count(*) as month_count,
        avg(months.value_amount) as mean_value,
        coalesce(stddev_samp(months.value_amount), 0) as value_deviation
    from {{ ref('int_customer__monthly_value') }} as months
    cross join as_of
    where
        months.month_end_date <= as_of.whole_month_end_date
        and months.month_end_date > last_day(cast(as_of.whole_month_end_date - interval 12 month as date))
    group by months.person_id

),

watched as (

    select
        profiles.person_id,
        as_of.as_of_date,
        profiles.registered_date,
        greatest(as_of.first_month_date, profiles.registered_date) as entered_date,
        least(coalesce(profiles.closed_date, as_of.as_of_date), as_of.as_of_date) as left_date,
        coalesce(profiles.closed_date <= as_of.as_of_date, false) as has_closed
    from profiles
    cross join as_of

),

-- Who closed before the data began was never watched.
final as (

    select
        watched.person_id,
        date_sub('month', watched.registered_date, watched.entered_date) as entered_months,
        date_sub('month', watched.registered_date, watched.left_date) as tenure_months,
        watched.has_closed,
        coalesce(earned.month_count, 0) as month_count,
        coalesce(earned.mean_value, 0) as mean_value,
        coalesce(earned.value_deviation, 0) as value_deviation
    from watched
    left join earned on watched.person_id = earned.person_id
    where watched.left_date >= watched.entered_date

)

select * from final
