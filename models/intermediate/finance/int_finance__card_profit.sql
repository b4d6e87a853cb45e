with

cards as (

    select * from {{ ref('stg_cards__credit_cards') }}

),

balances as (

    select * from {{ ref('int_finance__card_balances') }}

),

movements as (

    select * from {{ ref('int_finance__card_movements') }}

),

products as (

    select * from {{ ref('products') }}

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

transfer_prices as (

    select * from {{ ref('int_finance__transfer_prices') }}
    where product_family = 'credit_card'

),

loss_rates as (

    select * from {{ ref('int_finance__loss_rates') }}
    where product_family = 'credit_card'

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_kind = 'credit_card'

),

held as (

    select cards.card_token, months.month_end_date
    from cards
    inner join months
        on cards.issued_date <= months.as_of_date
        and coalesce(last_day(cards.closed_date) >= months.month_end_date, true)

),

-- Also months in which only a statement, a transaction or points tell of the card.
card_months as (

    select card_token, month_end_date from held
    union
    select card_token, month_end_date from balances
    union
    select card_token, month_end_date from movements

),

final as (

    select
        card_months.card_token,
        cards.cif_no,
        cards.product_code,
        card_months.month_end_date,
        held.card_token is not null as is_held,
        coalesce(movements.interest_amount, 0) as interest_amount,
        -coalesce({{ interest_of_month(
            'balances.average_balance_amount', 'transfer_prices.transfer_rate', 'balances.day_count'
        ) }}, 0) as transfer_amount,
        coalesce(movements.fee_amount, 0) as fee_amount,
        coalesce(movements.interchange_amount, 0) as interchange_amount,
        coalesce(movements.points_cost_amount, 0) as points_cost_amount,
        -coalesce({{ interest_of_month(
            'greatest(balances.closing_balance_amount, 0)', 'loss_rates.loss_rate', 'balances.day_count'
        ) }}, 0) as expected_loss_amount,
        -cast(round(
            case when held.card_token is not null then coalesce(account_costs.unit_cost, 0) else 0 end
            + coalesce(movements.transaction_count * usage_costs.unit_cost, 0), 2
        ) as decimal(18, 2)) as servicing_cost_amount
    from card_months
    left join cards on card_months.card_token = cards.card_token
    left join products on cards.product_code = products.product_code
    left join held
        on card_months.card_token = held.card_token and card_months.month_end_date = held.month_end_date
    left join balances
        on card_months.card_token = balances.card_token and card_months.month_end_date = balances.month_end_date
    left join movements
        on card_months.card_token = movements.card_token and card_months.month_end_date = movements.month_end_date
    left join transfer_prices
        on coalesce(products.product_group, 'any') = transfer_prices.product_group
        and card_months.month_end_date = transfer_prices.month_end_date
    left join loss_rates
        on card_months.month_end_date = loss_rates.month_end_date
        and coalesce(products.product_group, 'any') = loss_rates.product_group
        and balances.days_past_due between loss_rates.days_past_due_from and loss_rates.days_past_due_to
    left join unit_costs as account_costs
        on card_months.month_end_date = account_costs.month_end_date and account_costs.cost_driver = 'account'
    left join unit_costs as usage_costs
        on card_months.month_end_date = usage_costs.month_end_date and usage_costs.cost_driver = 'transaction'

)

select * from final
