with

-- A row dated after its own arrival is a mistake of its source and must not move the calendar.
days as (

    select {{ local_date('booked_at') }} as day, true as is_observation
    from {{ ref('stg_core_banking__account_transactions') }}
    where booked_at <= _ingested_at

    union all

    select {{ local_date('authorised_at') }} as day, true as is_observation
    from {{ ref('stg_cards__card_transactions') }}
    where authorised_at <= _ingested_at

    union all

    select balance_date as day, true as is_observation
    from {{ ref('stg_core_banking__account_balances') }}
    where balance_date <= _ingested_at

    union all

    select {{ local_date('updated_at') }} as day, false as is_observation
    from {{ ref('stg_core_banking__customers') }}
    where updated_at <= _ingested_at

),

-- A few rows of long ago don't make a month of data: it begins when a hundredth of the busiest month's rows is there.
months as (

    select
        date_trunc('month', day) as month_start,
        count(*) as row_count
    from days
    where is_observation
    group by date_trunc('month', day)

),

final as (

    select
        max(days.day) as as_of_date,
        last_day(max(days.day)) as month_end_date,
        (
            select cast(min(months.month_start) as date)
            from months
            where months.row_count >= 0.01 * (select max(busiest.row_count) from months as busiest)
        ) as first_month_date
    from days

)

select * from final
