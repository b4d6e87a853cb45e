with

-- A row dated after its own arrival is a mistake of its source and must not move the calendar.
days as (

    select last_transaction_date as day, month_end_date, transaction_count as row_count
    from {{ ref('int_events__account_months') }}
    where superseded_month_end_date is null and last_transaction_date is not null

    union all

    select last_transaction_date as day, month_end_date, transaction_count as row_count
    from {{ ref('int_events__card_months') }}
    where superseded_month_end_date is null and last_transaction_date is not null

    union all

    select balance_date as day, last_day(balance_date) as month_end_date, 1 as row_count
    from {{ ref('stg_core_banking__account_balances') }}
    where balance_date <= _ingested_at

    union all

    select {{ local_date('updated_at') }} as day, null as month_end_date, 0 as row_count
    from {{ ref('stg_core_banking__customers') }}
    where updated_at <= _ingested_at

),

-- A few rows of long ago don't make a month of data: it begins when a hundredth of the busiest month's rows is there.
months as (

    select month_end_date, sum(row_count) as row_count
    from days
    where month_end_date is not null
    group by month_end_date

),

final as (

    select
        max(days.day) as as_of_date,
        last_day(max(days.day)) as month_end_date,
        -- The newest day that a month ends with, and with it the newest whole month.
        cast(date_trunc('month', max(days.day) + 1) - interval 1 day as date) as whole_month_end_date,
        (
            select cast(date_trunc('month', min(months.month_end_date)) as date)
            from months
            where months.row_count >= 0.01 * (select max(busiest.row_count) from months as busiest)
        ) as first_month_date
    from days

)

select * from final
