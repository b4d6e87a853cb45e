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

months as (

    select
        last_day(cast(unnest(generate_series(
            date_trunc('month', as_of.first_month_date),
            date_trunc('month', as_of.as_of_date),
            interval 1 month
        )) as date)) as month_end_date,
        as_of.as_of_date as newest_date
    from as_of

),

-- From the first month of data, not before: what nobody observed is not a zero. And not after the relationship ended.
final as (

    select
        profiles.person_id,
        months.month_end_date,
        least(months.month_end_date, months.newest_date) as as_of_date
    from profiles
    inner join months
        on profiles.registered_date <= months.month_end_date
        and coalesce(last_day(profiles.closed_date), months.month_end_date) >= months.month_end_date

)

select * from final
