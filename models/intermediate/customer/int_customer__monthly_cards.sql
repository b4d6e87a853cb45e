with

statements as (

    select * from {{ ref('stg_cards__card_statements') }}
    where currency_code = '{{ setting("currency") }}'

),

cards as (

    select * from {{ ref('int_customer__cards') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

month_statements as (

    select
        card_token,
        last_day(statement_date) as month_end_date,
        max_by(closing_balance_amount, (statement_date, card_statement_id)) as closing_balance_amount,
        max_by(credit_limit_amount, (statement_date, card_statement_id)) as credit_limit_amount
    from statements
    group by card_token, last_day(statement_date)

),

-- What a statement says stands until the next one, and until the card is closed.
spans as (

    select
        cards.person_id,
        month_statements.card_token,
        month_statements.closing_balance_amount,
        month_statements.credit_limit_amount,
        month_statements.month_end_date as from_month,
        least(
            coalesce(
                cast(lead(month_statements.month_end_date) over (
                    partition by month_statements.card_token order by month_statements.month_end_date
                ) - interval 1 month as date),
                as_of.month_end_date
            ),
            coalesce(cast(date_trunc('month', cards.closed_date) - interval 1 day as date), as_of.month_end_date)
        ) as to_month
    from month_statements
    inner join cards on month_statements.card_token = cards.card_token
    cross join as_of

),

card_months as (

    select
        person_id,
        card_token,
        closing_balance_amount,
        credit_limit_amount,
        last_day(cast(unnest(generate_series(
            date_trunc('month', from_month), date_trunc('month', to_month), interval 1 month
        )) as date)) as month_end_date
    from spans

),

final as (

    select
        person_id,
        month_end_date,
        cast(sum(closing_balance_amount) as decimal(18, 2)) as card_balance_amount,
        cast(sum(credit_limit_amount) as decimal(18, 2)) as card_limit_amount
    from card_months
    group by person_id, month_end_date

)

select * from final
