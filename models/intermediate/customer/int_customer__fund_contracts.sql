with

holdings as (

    select * from {{ ref('stg_wealth__fund_holdings') }}
    where currency_code = '{{ setting("currency") }}'

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

valuations as (

    select
        portfolio_no,
        fund_code,
        max_by(cif_no, as_of_date) as cif_no,
        max_by(asset_class, as_of_date) as asset_class,
        max_by(units, as_of_date) as units,
        max_by(cost_amount, as_of_date) as cost_amount,
        max_by(market_value_amount, as_of_date) as market_value_amount,
        max(as_of_date) as valued_date,
        min(as_of_date) as opened_date
    from holdings
    group by portfolio_no, fund_code

),

-- "0 units" is how a sale is told.
final as (

    select
        valuations.portfolio_no,
        valuations.fund_code,
        persons.person_id,
        valuations.asset_class,
        valuations.units,
        valuations.cost_amount,
        valuations.market_value_amount,
        valuations.valued_date,
        valuations.opened_date,
        case when valuations.units = 0 then valuations.valued_date end as closed_date,
        valuations.units > 0 as is_open
    from valuations
    inner join persons on valuations.cif_no = persons.cif_no

)

select * from final
