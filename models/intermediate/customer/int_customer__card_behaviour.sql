with

cards as (

    select * from {{ ref('int_customer__cards') }}
    where is_open and card_role = 'primary'

),

statements as (

    select * from {{ ref('stg_cards__card_statements') }}
    where currency_code = '{{ setting("currency") }}'

),

-- What a statement asked for shows in the next one: its opening balance is what was owed, its repayments what came.
-- When each came is not in it: what was paid late counts as paid, and missed is what is short of the minimum by then.
card_statements as (

    select
        statements.*,
        cards.person_id,
        lag(statements.minimum_due_amount) over by_card as asked_amount,
        row_number() over (
            partition by statements.card_token
            order by statements.statement_date desc, statements.card_statement_id desc
        ) as recency
    from statements
    inner join cards on statements.card_token = cards.card_token
    window by_card as (
        partition by statements.card_token order by statements.statement_date, statements.card_statement_id
    )

),

judged as (

    select
        *,
        opening_balance_amount > 0 and opening_balance_amount > coalesce(repayments_amount, 0) as is_carried,
        coalesce(asked_amount > 0 and repayments_amount >= asked_amount, false) as is_minimum_met,
        coalesce(asked_amount > 0 and coalesce(repayments_amount, 0) < asked_amount, false) as is_short
    from card_statements
    where recency <= 12

),

months as (

    select
        person_id,
        count(*) filter (where recency <= 3 and opening_balance_amount > coalesce(repayments_amount, 0))
            as carried_count,
        count(*) filter (where recency <= 3 and (closing_balance_amount > 0 or opening_balance_amount > 0))
            as used_count,
        count(distinct last_day(statement_date)) filter (where is_carried) as revolving_12m_count,
        count(distinct last_day(statement_date)) filter (where is_short) as missed_12m_count,
        count(*) filter (where recency <= 3 and is_carried) as recent_carried_count,
        -- The least that was asked for, or hardly more.
        count(*) filter (
            where recency <= 3 and is_carried and is_minimum_met and repayments_amount <= 1.1 * asked_amount
        ) as recent_minimum_count,
        sum(interest_amount) as interest_12m_amount,
        sum(cash_advance_amount) as cash_advance_12m_amount,
        sum(closing_balance_amount) filter (where recency = 1) as owed_amount,
        sum(credit_limit_amount) filter (where recency = 1) as limit_amount,
        avg(closing_balance_amount / nullif(credit_limit_amount, 0)) as average_utilisation
    from judged
    group by person_id

),

-- Of the last three statements: a revolver left part of an earlier balance unpaid, a transactor paid each in full.
final as (

    select
        person_id,
        case
            when used_count = 0 then 'inactive'
            when carried_count > 0 then 'revolver'
            else 'transactor'
        end as payment_behaviour,
        -- What was paid too much is no use of the line. greatest() would make a zero of what isn't known.
        cast(case when limit_amount > 0 then greatest(owed_amount, 0) / limit_amount end as decimal(9, 6))
            as card_utilisation_rate,
        cast(case when average_utilisation is not null then greatest(average_utilisation, 0) end as decimal(9, 6))
            as card_utilisation_12m_rate,
        recent_minimum_count > 0 and 2 * recent_minimum_count >= recent_carried_count as is_minimum_payer,
        cast(revolving_12m_count as integer) as revolving_month_12m_count,
        cast(missed_12m_count as integer) as missed_payment_12m_count,
        cast(interest_12m_amount as decimal(18, 2)) as card_interest_12m_amount,
        cast(cash_advance_12m_amount as decimal(18, 2)) as cash_advance_12m_amount
    from months

)

select * from final
