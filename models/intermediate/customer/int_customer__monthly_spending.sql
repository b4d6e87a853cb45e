with

months as (

    select * from {{ ref('int_events__spending_months') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where known_to_month_end_date = date '9999-12-31'

),

own_accounts as (

    select * from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'

),

calendar as (

    select min(month_end_date) as first_month_end_date, max(month_end_date) as last_month_end_date
    from {{ ref('int_customer__calendar') }}

),

-- As in int_customer__monthly_flows: who owned the account at the end of the month.
placed as (

    select
        months.*,
        greatest(least(months.month_end_date, calendar.last_month_end_date), calendar.first_month_end_date)
            as owner_month_end_date
    from months
    cross join calendar

),

final as (

    select
        holders.person_id,
        placed.month_end_date,
        placed.spending_category,
        placed.channel,
        placed.method,
        placed.is_abroad,
        sum(placed.spending_amount) as spending_amount,
        sum(placed.spending_count) as spending_count
    from placed
    inner join holders
        on placed.holder_type = holders.holder_type
        and placed.holder_no = holders.holder_no
        and placed.owner_month_end_date between holders.from_month_end_date and holders.to_month_end_date
    left join own_accounts
        on placed.counterparty_account_no = own_accounts.account_no
        and holders.person_id = own_accounts.person_id
        and placed.owner_month_end_date between own_accounts.from_month_end_date and own_accounts.to_month_end_date
    -- Between own accounts money only changes pockets.
    where own_accounts.account_no is null
    group by
        holders.person_id, placed.month_end_date, placed.spending_category, placed.channel, placed.method,
        placed.is_abroad

)

select * from final
