with

statements as (

    select * from {{ ref('stg_cards__card_statements') }}
    where currency_code = '{{ setting("currency") }}'

),

cards as (

    select * from {{ ref('stg_cards__credit_cards') }}

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

payments as (

    select
        *,
        coalesce(repayments_amount, 0) < lag(minimum_due_amount) over card_statements as is_missed
    from statements
    window card_statements as (partition by card_token order by statement_date, card_statement_id)

),

-- The oldest bill that is open: that of the last statement before the smallest payment was first missed.
overdue as (

    select
        card_token,
        statement_date,
        card_statement_id,
        closing_balance_amount,
        case when is_missed then statement_date - last_value(
            case when is_missed then null else due_date end ignore nulls
        ) over (
            partition by card_token order by statement_date, card_statement_id
            rows between unbounded preceding and current row
        ) end as days_past_due
    from payments

),

month_statements as (

    select
        card_token,
        greatest(last_day(statement_date), (select min(month_end_date) from months)) as month_end_date,
        max_by(closing_balance_amount, (statement_date, card_statement_id)) as balance_amount,
        coalesce(max_by(coalesce(days_past_due, 0), (statement_date, card_statement_id)), 0) as days_past_due
    from overdue
    group by all

),

first_statements as (

    select card_token, min(month_end_date) as month_end_date
    from month_statements
    group by card_token

),

card_months as (

    select
        first_statements.card_token,
        months.month_end_date,
        months.as_of_date - cast(date_trunc('month', months.month_end_date) as date) + 1 as day_count,
        coalesce(cards.issued_date >= date_trunc('month', months.month_end_date), false) as is_opened_in_month,
        coalesce(cards.closed_date <= months.as_of_date, false) as is_closed_in_month
    from first_statements
    inner join months on first_statements.month_end_date <= months.month_end_date
    left join cards on first_statements.card_token = cards.card_token
    where coalesce(last_day(cards.closed_date) >= months.month_end_date, true)

),

-- What a statement says stands until the next one, and until the card is closed.
standing as (

    select
        card_months.*,
        case when card_months.is_closed_in_month then 0 else last_value(month_statements.balance_amount ignore nulls)
            over so_far end as closing_balance_amount,
        last_value(month_statements.days_past_due ignore nulls) over so_far as days_past_due
    from card_months
    left join month_statements
        on card_months.card_token = month_statements.card_token
        and card_months.month_end_date = month_statements.month_end_date
    window so_far as (
        partition by card_months.card_token order by card_months.month_end_date
        rows between unbounded preceding and current row
    )

),

final as (

    select
        card_token,
        month_end_date,
        day_count,
        days_past_due,
        closing_balance_amount,
        {{ average_of_month('card_token') }} as average_balance_amount
    from standing

)

select * from final
