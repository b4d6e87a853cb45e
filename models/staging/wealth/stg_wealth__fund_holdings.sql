with

arrivals as (
    {{ latest_arrivals('wealth', 'fund_holdings', key=['portfolio_no', 'fund_code', 'as_of_date']) }}
),

final as (

    select
        portfolio_no,
        cif_no,
        fund_code,
        lower(asset_class) as asset_class,
        as_of_date,
        units,
        cost_amount,
        market_value_amount,
        upper(currency_code) as currency_code,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
