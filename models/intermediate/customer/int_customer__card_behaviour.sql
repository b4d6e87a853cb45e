with

cards as (

    select * from {{ ref('int_customer__cards') }}
    where is_open and card_role = 'primary'

),

statements as (

    select * from {{ ref('stg_cards__card_statements') }}

),

last_statements as (

    select
        statements.*,
        cards.person_id,
        row_number() over (
            partition by statements.card_token order by statement_date desc, card_statement_id desc
        ) as recency
    from statements
    inner join cards on statements.card_token = cards.card_token
    qualify recency <= 3

),

counted as (

    select
        person_id,
        count(*) filter (where opening_balance_amount > 0) as owing_count,
        count(*) filter (where opening_balance_amount > coalesce(repayments_amount, 0)) as carried_count,
        count(*) filter (where closing_balance_amount > 0 or opening_balance_amount > 0) as used_count
    from last_statements
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
        end as payment_behaviour
    from counted

)

select * from final
