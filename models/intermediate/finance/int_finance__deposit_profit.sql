with

balances as (

    select * from {{ ref('int_finance__deposit_balances') }}

),

account_months as (

    select * from {{ ref('int_finance__account_months') }}

),

accounts as (

    select * from {{ ref('stg_core_banking__accounts') }}

),

products as (

    select * from {{ ref('products') }}

),

transfer_prices as (

    select * from {{ ref('int_finance__transfer_prices') }}
    where product_family = 'deposit'

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}

),

movements as (

    select
        account_months.account_no,
        account_months.month_end_date,
        sum(account_months.interest_amount) as interest_amount,
        sum(account_months.fee_amount) as fee_amount,
        sum(account_months.transaction_count * coalesce(channel_costs.unit_cost, other_costs.unit_cost, 0))
            as transaction_cost
    from account_months
    left join unit_costs as channel_costs
        on channel_costs.cost_driver = 'transaction'
        and account_months.channel = channel_costs.cost_kind
        and account_months.month_end_date = channel_costs.month_end_date
    left join unit_costs as other_costs
        on other_costs.cost_driver = 'transaction'
        and other_costs.cost_kind = 'other'
        and account_months.month_end_date = other_costs.month_end_date
    group by account_months.account_no, account_months.month_end_date

),

-- Money may move on an account whose balance nobody sent.
joined as (

    select
        coalesce(balances.account_no, movements.account_no) as account_no,
        coalesce(balances.month_end_date, movements.month_end_date) as month_end_date,
        coalesce(balances.average_balance_amount, 0) as average_balance_amount,
        coalesce(balances.day_count, 0) as day_count,
        balances.account_no is not null as is_held,
        coalesce(movements.interest_amount, 0) as interest_amount,
        coalesce(movements.fee_amount, 0) as fee_amount,
        coalesce(movements.transaction_cost, 0) as transaction_cost
    from balances
    full outer join movements
        on balances.account_no = movements.account_no and balances.month_end_date = movements.month_end_date

),

final as (

    select
        joined.account_no,
        accounts.product_code,
        joined.month_end_date,
        joined.is_held,
        joined.interest_amount,
        coalesce({{ interest_of_month(
            'joined.average_balance_amount', 'transfer_prices.transfer_rate', 'joined.day_count'
        ) }}, 0) as transfer_amount,
        joined.fee_amount,
        -cast(round(
            joined.transaction_cost + case when joined.is_held then coalesce(account_costs.unit_cost, 0) else 0 end, 2
        ) as decimal(18, 2)) as servicing_cost_amount
    from joined
    left join accounts on joined.account_no = accounts.account_no
    left join products on accounts.product_code = products.product_code
    left join transfer_prices
        on coalesce(products.product_group, 'any') = transfer_prices.product_group
        and joined.month_end_date = transfer_prices.month_end_date
    left join unit_costs as account_costs
        on account_costs.cost_driver = 'account'
        and account_costs.cost_kind = 'deposit'
        and joined.month_end_date = account_costs.month_end_date

)

select * from final
