with

cards as (

    select * from {{ ref('int_customer__cards') }}
    where is_open and currency_code = '{{ setting("currency") }}'

),

transactions as (

    select * from {{ ref('int_events__card_transactions') }}

),

statements as (

    select * from {{ ref('stg_cards__card_statements') }}

),

points as (

    select card_token, sum(points) as points_balance
    from {{ ref('stg_cards__point_movements') }}
    group by card_token

),

last_statements as (

    select
        card_token,
        max(statement_date) as statement_date,
        max_by(closing_balance_amount, (statement_date, card_statement_id)) as closing_balance_amount
    from statements
    group by card_token

),

-- Owed now: the last statement and what moved since; before the first statement, what the card system says.
since_statements as (

    select
        transactions.card_token,
        sum(case transactions.direction when 'outflow' then transactions.amount else -transactions.amount end)
            as moved_amount
    from transactions
    inner join last_statements on transactions.card_token = last_statements.card_token
    where transactions.transaction_date > last_statements.statement_date
    group by transactions.card_token

),

card_states as (

    select
        cards.*,
        coalesce(
            last_statements.closing_balance_amount + coalesce(since_statements.moved_amount, 0),
            cards.outstanding_amount,
            0
        ) as used_amount,
        coalesce(points.points_balance, 0) as points_balance
    from cards
    left join last_statements on cards.card_token = last_statements.card_token
    left join since_statements on cards.card_token = since_statements.card_token
    left join points on cards.card_token = points.card_token

),

final as (

    select
        person_id,
        count(*) as open_card_count,
        -- A supplementary card spends on its primary card's line; counting its limit would count the line twice.
        cast(sum(credit_limit_amount) filter (where card_role = 'primary') as decimal(18, 2)) as credit_limit_amount,
        cast(sum(used_amount) filter (where card_role = 'primary') as decimal(18, 2)) as credit_used_amount,
        cast(sum(points_balance) as bigint) as points_balance,
        bool_or(card_tier = 'platinum') as holds_platinum_card,
        bool_or(card_tier = 'diamond') as holds_diamond_card,
        bool_or(card_tier = 'gold') as holds_gold_card,
        bool_or(card_tier = 'silver') as holds_silver_card,
        bool_or(card_tier = 'shopping') as holds_shopping_card,
        bool_or(card_tier = 'auto') as holds_auto_card
    from card_states
    group by person_id

)

select * from final
