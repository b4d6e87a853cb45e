with

card_months as (

    select * from {{ ref('int_finance__card_months') }}

),

point_months as (

    select * from {{ ref('int_finance__point_months') }}

),

rates as (

    select * from {{ ref('interchange_rates') }}
    where product_family = 'credit_card'

),

point_costs as (

    select * from {{ ref('points_cost') }}
    where currency_code = '{{ setting("currency") }}'

),

moved as (

    select
        card_months.card_token,
        card_months.month_end_date,
        sum(card_months.interest_amount) as interest_amount,
        sum(card_months.fee_amount) as fee_amount,
        sum(card_months.purchase_amount * coalesce(category_rates.interchange_rate, other_rates.interchange_rate, 0))
            as interchange,
        sum(card_months.transaction_count) as transaction_count
    from card_months
    left join rates as category_rates
        on card_months.spending_category = category_rates.spending_category
        and card_months.month_end_date >= category_rates.valid_from
        and card_months.month_end_date < coalesce(category_rates.valid_to, date '9999-12-31')
    left join rates as other_rates
        on other_rates.spending_category = 'any'
        and card_months.month_end_date >= other_rates.valid_from
        and card_months.month_end_date < coalesce(other_rates.valid_to, date '9999-12-31')
    group by card_months.card_token, card_months.month_end_date

),

granted as (

    select
        point_months.card_token,
        point_months.month_end_date,
        point_months.granted_points * coalesce(point_costs.point_cost, 0) as points_cost
    from point_months
    left join point_costs
        on point_months.month_end_date >= point_costs.valid_from
        and coalesce(point_months.month_end_date < point_costs.valid_to, true)

),

final as (

    select
        coalesce(moved.card_token, granted.card_token) as card_token,
        coalesce(moved.month_end_date, granted.month_end_date) as month_end_date,
        coalesce(moved.interest_amount, 0) as interest_amount,
        coalesce(moved.fee_amount, 0) as fee_amount,
        cast(round(coalesce(moved.interchange, 0), 2) as decimal(18, 2)) as interchange_amount,
        -cast(round(coalesce(granted.points_cost, 0), 2) as decimal(18, 2)) as points_cost_amount,
        coalesce(moved.transaction_count, 0) as transaction_count
    from moved
    full outer join granted
        on moved.card_token = granted.card_token and moved.month_end_date = granted.month_end_date

)

select * from final
