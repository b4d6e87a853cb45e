with

cards as (

    select * from {{ ref('int_customer__card_balances') }}

),

final as (

    select
        person_id,
        count(*) as open_card_count,
        -- A supplementary card spends on its primary card's line; counting its limit would count the line twice.
        cast(sum(credit_limit_amount) filter (where is_own_line) as decimal(18, 2)) as credit_limit_amount,
        cast(sum(used_amount) filter (where is_own_line) as decimal(18, 2)) as credit_used_amount,
        cast(sum(points_balance) as bigint) as points_balance,
        bool_or(card_tier = 'platinum') as holds_platinum_card,
        bool_or(card_tier = 'diamond') as holds_diamond_card,
        bool_or(card_tier = 'gold') as holds_gold_card,
        bool_or(card_tier = 'silver') as holds_silver_card,
        bool_or(card_tier = 'shopping') as holds_shopping_card,
        bool_or(card_tier = 'auto') as holds_auto_card
    from cards
    group by person_id

)

select * from final
