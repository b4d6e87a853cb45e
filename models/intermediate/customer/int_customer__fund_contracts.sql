with

holdings as (

    select * from {{ ref('stg_wealth__fund_holdings') }}
    where currency_code = '{{ setting("currency") }}'

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

-- The newest valuation as a whole: an older cost beside new units would make a wrong profit.
valuations as (

    select
        portfolio_no,
        fund_code,
        cif_no,
        asset_class,
        units,
        cost_amount,
        market_value_amount,
        as_of_date as valued_date,
        min(as_of_date) over by_fund as opened_date
    from holdings
    window by_fund as (partition by portfolio_no, fund_code)
    qualify as_of_date = max(as_of_date) over by_fund

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
