with

balances as (

    select * from {{ ref('int_finance__loan_balances') }}

),

products as (

    select * from {{ ref('products') }}

),

transfer_prices as (

    select * from {{ ref('int_finance__transfer_prices') }}
    where product_family = 'loan'

),

loss_rates as (

    select * from {{ ref('int_finance__loss_rates') }}
    where product_family = 'loan'

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_driver = 'account' and cost_kind = 'loan'

),

final as (

    select
        balances.loan_no,
        balances.cif_no,
        balances.product_code,
        balances.month_end_date,
        true as is_held,
        balances.interest_amount,
        -coalesce({{ interest_of_month(
            'balances.average_balance_amount', 'transfer_prices.transfer_rate', 'balances.day_count'
        ) }}, 0) as transfer_amount,
        -coalesce({{ interest_of_month(
            'balances.closing_balance_amount', 'loss_rates.loss_rate', 'balances.day_count'
        ) }}, 0) as expected_loss_amount,
        -cast(round(coalesce(unit_costs.unit_cost, 0), 2) as decimal(18, 2)) as servicing_cost_amount
    from balances
    left join products on balances.product_code = products.product_code
    left join transfer_prices
        on coalesce(products.product_group, 'any') = transfer_prices.product_group
        and balances.month_end_date = transfer_prices.month_end_date
    left join loss_rates
        on coalesce(products.product_group, 'any') = loss_rates.product_group
        and balances.month_end_date = loss_rates.month_end_date
        and balances.days_past_due between loss_rates.days_past_due_from and loss_rates.days_past_due_to
    left join unit_costs on balances.month_end_date = unit_costs.month_end_date

)

select * from final
