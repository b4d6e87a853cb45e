with

holdings as (

    select * from {{ ref('stg_wealth__fund_holdings') }}
    where currency_code = '{{ setting("currency") }}'

),

products as (

    select product_family, min(product_code) as product_code, min(product_group) as product_group
    from {{ ref('products') }}
    where product_family = 'fund'
    group by product_family

),

months as (

    select * from {{ ref('int_customer__calendar') }}

),

commission_rates as (

    select * from {{ ref('int_finance__commission_rates') }}
    where product_family = 'fund' and commission_basis = 'balance'

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_driver = 'account' and cost_kind = 'fund'

),

valued as (

    select
        portfolio_no,
        fund_code,
        last_day(as_of_date) as month_end_date,
        max_by(cif_no, as_of_date) as cif_no,
        max_by(units, as_of_date) as units,
        max_by(market_value_amount, as_of_date) as market_value_amount
    from holdings
    group by all

),

portfolios as (

    select
        portfolio_no,
        month_end_date,
        min(cif_no) as cif_no,
        sum(market_value_amount) as market_value_amount,
        bool_or(coalesce(units, 0) > 0 or market_value_amount > 0) as is_held
    from valued
    group by portfolio_no, month_end_date

),

-- Sources name no product of a fund: all portfolios are of the one in the catalogue, or the first of several.
final as (

    select
        portfolios.portfolio_no,
        portfolios.cif_no,
        products.product_code,
        portfolios.month_end_date,
        portfolios.is_held,
        coalesce({{ interest_of_month(
            'portfolios.market_value_amount', 'commission_rates.commission_rate',
            "(months.as_of_date - cast(date_trunc('month', months.month_end_date) as date) + 1)"
        ) }}, 0) as commission_amount,
        -cast(round(
            case when portfolios.is_held then coalesce(unit_costs.unit_cost, 0) else 0 end, 2
        ) as decimal(18, 2)) as servicing_cost_amount
    from portfolios
    inner join months on portfolios.month_end_date = months.month_end_date
    left join products on true
    left join commission_rates
        on coalesce(products.product_group, 'any') = commission_rates.product_group
        and portfolios.month_end_date = commission_rates.month_end_date
    left join unit_costs on portfolios.month_end_date = unit_costs.month_end_date

)

select * from final
