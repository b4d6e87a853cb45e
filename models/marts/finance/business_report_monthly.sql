with

months as (

    select * from {{ ref('int_customer__calendar') }}

),

customer_months as (

    select * from {{ ref('fct_customer_months') }}

),

profits as (

    select * from {{ ref('bank_profit_monthly') }}

),

deposit_balances as (

    select * from {{ ref('int_finance__deposit_balances') }}

),

loan_balances as (

    select * from {{ ref('int_finance__loan_balances') }}

),

card_balances as (

    select * from {{ ref('int_finance__card_balances') }}

),

person_products as (

    select * from {{ ref('customer_profit_monthly') }}
    where is_held

),

customers as (

    select
        month_end_date,
        count(*) filter (where is_customer) as customer_count,
        count(*) filter (where is_customer and is_active) as active_customer_count,
        count(*) filter (where is_new) as new_customer_count,
        count(*) filter (where is_lost) as lost_customer_count,
        sum(inflow_amount) as inflow_amount,
        sum(outflow_amount) as outflow_amount,
        sum(card_spend_amount) as card_spend_amount,
        sum(transaction_count) as transaction_count
    from customer_months
    group by month_end_date

),

-- Of the bank's whole books, also what nobody is known to own.
balances as (

    select
        month_end_date,
        sum(closing_balance_amount) filter (where kind = 'deposit') as deposit_balance_amount,
        sum(closing_balance_amount) filter (where kind = 'loan') as loan_balance_amount,
        sum(closing_balance_amount) filter (where kind = 'card') as card_balance_amount
    from (
        select 'deposit' as kind, month_end_date, closing_balance_amount from deposit_balances
        union all
        select 'loan' as kind, month_end_date, closing_balance_amount from loan_balances
        union all
        select 'card' as kind, month_end_date, closing_balance_amount from card_balances
    ) as books
    group by month_end_date

),

held as (

    select person_products.month_end_date, count(*) as held_product_count
    from person_products
    inner join customer_months
        on person_products.person_id = customer_months.person_id
        and person_products.month_end_date = customer_months.month_end_date
    where customer_months.is_customer
    group by person_products.month_end_date

),

final as (

    select
        months.month_end_date,
        months.as_of_date,
        coalesce(customers.customer_count, 0) as customer_count,
        coalesce(customers.active_customer_count, 0) as active_customer_count,
        coalesce(customers.new_customer_count, 0) as new_customer_count,
        coalesce(customers.lost_customer_count, 0) as lost_customer_count,
        cast(coalesce(held.held_product_count, 0) / nullif(customers.customer_count, 0) as decimal(9, 2))
            as products_per_customer,
        cast(coalesce(balances.deposit_balance_amount, 0) as decimal(18, 2)) as deposit_balance_amount,
        cast(coalesce(balances.loan_balance_amount, 0) as decimal(18, 2)) as loan_balance_amount,
        cast(coalesce(balances.card_balance_amount, 0) as decimal(18, 2)) as card_balance_amount,
        cast(coalesce(customers.inflow_amount, 0) as decimal(18, 2)) as inflow_amount,
        cast(coalesce(customers.outflow_amount, 0) as decimal(18, 2)) as outflow_amount,
        cast(coalesce(customers.card_spend_amount, 0) as decimal(18, 2)) as card_spend_amount,
        cast(coalesce(customers.transaction_count, 0) as bigint) as transaction_count,
        cast(coalesce(profits.net_interest_amount, 0) as decimal(18, 2)) as net_interest_amount,
        cast(coalesce(profits.margin_amount, 0) as decimal(18, 2)) as margin_amount,
        '{{ setting("currency") }}' as currency_code
    from months
    left join customers on months.month_end_date = customers.month_end_date
    left join held on months.month_end_date = held.month_end_date
    left join balances on months.month_end_date = balances.month_end_date
    left join profits on months.month_end_date = profits.month_end_date

)

select * from final
