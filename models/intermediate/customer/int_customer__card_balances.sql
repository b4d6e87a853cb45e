with

cards as (

    select * from {{ ref('int_customer__cards') }}
    where is_open

),

transactions as (

    select * from {{ ref('int_events__card_transactions') }}

),

statements as (

    select * from {{ ref('stg_cards__card_statements') }}

),

points as (

    select * from {{ ref('stg_cards__point_movements') }}

),

last_statements as (

    select
        card_token,
        max(statement_date) as statement_date,
        max_by(closing_balance_amount, (statement_date, card_statement_id)) as closing_balance_amount,
        -- A statement need not tell points: the last one that does, and what moved since that one.
        max_by(points_balance, (statement_date, card_statement_id)) as points_balance,
        max(statement_date) filter (where points_balance is not null) as points_date
    from statements
    group by card_token

),

-- Owed now: the last statement and what moved since, on supplementary cards too, which spend on the same line.
spent_since as (

    select
        card_lines.billed_card_token as card_token,
        sum(case transactions.direction when 'outflow' then transactions.amount else -transactions.amount end)
            as moved_amount
    from transactions
    inner join {{ ref('int_customer__cards') }} as card_lines on transactions.card_token = card_lines.card_token
    inner join last_statements on card_lines.billed_card_token = last_statements.card_token
    -- A statement bills what was posted by its day, not what was authorised.
    where coalesce(transactions.posted_date > last_statements.statement_date, true)
    group by card_lines.billed_card_token

),

points_since as (

    select points.card_token, sum(points.points) as moved_points
    from points
    left join last_statements on points.card_token = last_statements.card_token
    where
        last_statements.points_date is null
        or {{ local_date('points.moved_at') }} > last_statements.points_date
    group by points.card_token

),

final as (

    select
        cards.*,
        cards.card_role = 'primary' and cards.currency_code = '{{ setting("currency") }}' as is_own_line,
        coalesce(
            last_statements.closing_balance_amount + coalesce(spent_since.moved_amount, 0),
            cards.outstanding_amount,
            0
        ) as used_amount,
        coalesce(last_statements.points_balance, 0) + coalesce(points_since.moved_points, 0) as points_balance
    from cards
    left join last_statements on cards.card_token = last_statements.card_token
    left join spent_since on cards.card_token = spent_since.card_token
    left join points_since on cards.card_token = points_since.card_token

)

select * from final
