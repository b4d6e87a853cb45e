with

streams as (

    select * from {{ ref('int_customer__counterparty_streams') }}

),

kinds as (

    select * from {{ ref('recurring_kinds') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- What the bank's own books say goes before what can be guessed from how it was paid.
named as (

    select
        streams.*,
        kinds.kind,
        kinds.is_own_books
    from streams
    inner join kinds
        on streams.direction = kinds.direction
        and case kinds.evidence
            when 'transaction_type' then streams.transaction_type
            when 'order_purpose' then streams.order_purpose
            when 'spending_category' then streams.spending_category
            when 'method' then streams.method
        end = kinds.evidence_value
    qualify row_number() over (
        partition by
            streams.person_id, streams.direction, streams.holder_no, streams.counterparty_no,
            streams.counterparty_account_no, streams.transaction_type, streams.method
        order by kinds.priority, kinds.evidence, kinds.evidence_value
    ) = 1

),

-- Payroll says so itself and has to come in two of the last six months. Any other payer of a salary has to come back in
-- four of them, once, with nearly the same amount.
salaried as (

    select
        *,
        kind = 'salary' and recent_month_count >= 2 as is_payroll,
        direction = 'inflow' and transaction_type in ('transfer_in', 'other') and recent_month_count >= 4
        and recent_payments_a_month <= 1.25 and recent_variation < 0.15 as is_like_salary,
        date_diff('month', first_payment_date, last_payment_date) + 1 as span_months
    from named

),

paced as (

    select
        *,
        case
            when is_payroll or is_like_salary then 'monthly'
            -- Payroll that has ended is told as long as two payments of it are remembered.
            when kind = 'salary' and month_count >= 2 then 'monthly'
            when kind = 'salary' then null
            when
                occurrence_count >= 6 and days_between between 6 and 8 and amount_variation < 0.15
                and occurrence_count / month_count between 3 and 5.5
                then 'weekly'
            when month_count < 3 or occurrence_count / month_count > 1.25 or month_count < 0.75 * span_months then null
            when amount_variation < 0.15 then 'monthly'
            -- A bill comes on its day; its amount follows use.
            when kind = 'bill' and month_count >= 4 and month_day_deviation <= 5 then 'monthly'
        end as cadence
    from salaried

),

dated as (

    select
        paced.*,
        as_of.as_of_date,
        case paced.cadence
            when 'weekly' then paced.last_payment_date + 7
            else cast(date_trunc('month', paced.last_payment_date + interval 1 month) as date) + cast(least(
                greatest(round(paced.month_day), 1),
                extract('day' from last_day(cast(paced.last_payment_date + interval 1 month as date)))
            ) as integer) - 1
        end as expected_date
    from paced
    cross join as_of
    where paced.cadence is not null

),

final as (

    select
        * exclude (kind, expected_date),
        case when is_like_salary then 'salary' else kind end as kind,
        -- Half a month late is late; a whole one is over.
        expected_date + case cadence when 'weekly' then 7 else 15 end >= as_of_date as is_active,
        expected_date as next_expected_date
    from dated

)

select * from final
