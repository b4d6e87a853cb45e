with

arrivals as (
    {{ latest_arrivals('lending', 'collaterals', key=['collateral_id']) }}
),

final as (

    select
        collateral_id,
        loan_no,
        lower(collateral_type) as collateral_type,
        area_sqm,
        appraised_value_amount,
        appraised_date,
        province,
        car_make,
        lower(car_segment) as car_segment,
        car_price_amount,
        upper(currency_code) as currency_code,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
