with

movements as (

    select * from {{ ref('int_customer__holder_months') }}
    where superseded_month_end_date is null

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

-- Whoever owns an account when the data begin owned it before; today's owner has what is dated after today.
placed as (

    select
        movements.*,
        greatest(least(movements.month_end_date, calendar.last_month_end_date), calendar.first_month_end_date)
            as owner_month_end_date
    from movements
    cross join calendar

),

owned as (

    select
        placed.*,
        holders.person_id,
        -- Between own accounts money only changes pockets.
        own_accounts.account_no is not null as is_own_transfer
    from placed
    inner join holders
        on placed.holder_type = holders.holder_type
        and placed.holder_no = holders.holder_no
        and placed.owner_month_end_date between holders.from_month_end_date and holders.to_month_end_date
    left join own_accounts
        on placed.counterparty_account_no = own_accounts.account_no
        and holders.person_id = own_accounts.person_id
        and placed.owner_month_end_date between own_accounts.from_month_end_date and own_accounts.to_month_end_date

),

final as (

    select
        person_id,
        month_end_date,
        coalesce(sum(inflow_amount) filter (where not is_own_transfer), 0) as inflow_amount,
        coalesce(sum(outflow_amount) filter (where not is_own_transfer), 0) as outflow_amount,
        sum(salary_amount) as salary_amount,
        sum(card_spend_amount) as card_spend_amount,
        sum(transaction_count) as transaction_count,
        sum(deed_count) as deed_count,
        max(last_deed_date) as last_deed_date,
        sum(card_purchase_count) as card_purchase_count,
        max(last_transaction_date) as last_transaction_date
    from owned
    group by person_id, month_end_date

)

select * from final
