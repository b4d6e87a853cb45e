with

-- A row dated after its own arrival is a mistake of its source and must not move the calendar.
newest as (

    select max({{ local_date('booked_at') }}) as newest_date
    from {{ ref('stg_core_banking__account_transactions') }}
    where booked_at <= _ingested_at

    union all

    select max({{ local_date('authorised_at') }}) as newest_date
    from {{ ref('stg_cards__card_transactions') }}
    where authorised_at <= _ingested_at

    union all

    select max(balance_date) as newest_date
    from {{ ref('stg_core_banking__account_balances') }}
    where balance_date <= _ingested_at

    union all

    select max({{ local_date('registered_at') }}) as newest_date
    from {{ ref('stg_core_banking__customers') }}
    where registered_at <= _ingested_at

),

final as (

    select
        max(newest_date) as as_of_date,
        last_day(max(newest_date)) as month_end_date
    from newest

)

select * from final
