with

recorded as (

    select
        counterparty_months.*,
        counterparty_months.month_end_date > last_day(cast(as_of.month_end_date - interval 6 month as date))
            as is_recent,
        {{ hash64(
            '(counterparty_months.holder_type, counterparty_months.holder_no, counterparty_months.direction, '
            ~ 'counterparty_months.transaction_type, counterparty_months.method, counterparty_months.counterparty_no, '
            ~ 'counterparty_months.counterparty_account_no)'
        ) }} as stream_hash
    from {{ ref('int_events__counterparty_months') }} as counterparty_months
    cross join {{ ref('int_customer__as_of') }} as as_of
    where
        counterparty_months.month_end_date > last_day(cast(as_of.month_end_date - interval 12 month as date))
        -- A movement dated in the future is a mistake of its source.
        and counterparty_months.first_transaction_date <= as_of.as_of_date

),

-- What came in one month only is no habit, and most is: it isn't worth its medians.
repeated as (

    select stream_hash from recorded
    group by stream_hash
    having count(*) > 1

),

months as (

    select recorded.*
    from recorded
    semi join repeated on recorded.stream_hash = repeated.stream_hash

),

holders as (

    select holders.holder_type, holders.holder_no, holders.person_id
    from {{ ref('int_customer__holders') }} as holders
    cross join {{ ref('int_customer__as_of') }} as as_of
    where
        holders.known_to_month_end_date = date '9999-12-31'
        and as_of.month_end_date between holders.from_month_end_date and holders.to_month_end_date

),

own_accounts as (

    select * from {{ ref('int_customer__current_owners') }}

),

orders as (

    select
        account_no, counterparty_account_no,
        max_by(purpose, (updated_at, standing_order_id)) as purpose
    from {{ ref('stg_core_banking__standing_orders') }}
    group by account_no, counterparty_account_no

),

streams as (

    select
        holders.person_id, months.direction, months.holder_type, months.holder_no, months.counterparty_no,
        months.counterparty_account_no, months.transaction_type, months.method,
        max(months.spending_category) as spending_category,
        count(*) as month_count,
        sum(months.transaction_count) as occurrence_count,
        median(months.amount / months.transaction_count) as typical_amount,
        -- Rounded, so that the order of summing doesn't show.
        round(
            stddev_pop(months.amount / months.transaction_count)
            / nullif(avg(months.amount / months.transaction_count), 0), 6
        ) as amount_variation,
        median(extract('day' from months.first_transaction_date)) as month_day,
        -- From the middle of the month so that the end of one and the beginning of the next are near.
        round(least(
            stddev_pop(extract('day' from months.first_transaction_date)),
            stddev_pop((extract('day' from months.first_transaction_date) + 15) % 31)
        ), 6) as month_day_deviation,
        min(months.first_transaction_date) as first_payment_date,
        max(months.last_transaction_date) as last_payment_date,
        count(*) filter (where months.is_recent) as recent_month_count,
        median(months.amount) filter (where months.is_recent) as recent_month_amount,
        avg(months.transaction_count) filter (where months.is_recent) as recent_payments_a_month,
        round(
            stddev_pop(months.amount) filter (where months.is_recent)
            / nullif(avg(months.amount) filter (where months.is_recent), 0), 6
        ) as recent_variation
    from months
    inner join holders on months.holder_type = holders.holder_type and months.holder_no = holders.holder_no
    left join own_accounts
        on months.counterparty_account_no = own_accounts.account_no and holders.person_id = own_accounts.person_id
    -- From an own account money only changes pockets.
    where own_accounts.account_no is null
    group by all

),

final as (

    select
        streams.*,
        orders.purpose as order_purpose,
        date_diff('day', streams.first_payment_date, streams.last_payment_date)
            / nullif(streams.occurrence_count - 1, 0) as days_between
    from streams
    left join orders
        on streams.holder_no = orders.account_no
        and streams.counterparty_account_no = orders.counterparty_account_no

)

select * from final
