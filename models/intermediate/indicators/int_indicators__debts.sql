with

loans as (

    select * from {{ ref('stg_lending__loans') }}
    where outstanding_amount > 0 and currency_code = '{{ setting("currency") }}'

),

collaterals as (

    select
        loan_no,
        sum(case when collateral_type != 'car' then appraised_value_amount else 0 end) as property_amount,
        -- A car without an appraisal is worth what it cost.
        sum(case when collateral_type = 'car' then coalesce(appraised_value_amount, car_price_amount) else 0 end)
            as car_amount
    from {{ ref('stg_lending__collaterals') }}
    where currency_code = '{{ setting("currency") }}'
    group by loan_no

),

customer_numbers as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

final as (

    select
        customer_numbers.person_id,
        count(*) as loan_count,
        cast(sum(loans.outstanding_amount) as decimal(18, 2)) as loan_amount,
        cast(coalesce(sum(collaterals.property_amount), 0) as decimal(18, 2)) as property_amount,
        cast(coalesce(sum(collaterals.car_amount), 0) as decimal(18, 2)) as car_amount
    from loans
    inner join customer_numbers on loans.cif_no = customer_numbers.cif_no
    left join collaterals on loans.loan_no = collaterals.loan_no
    group by customer_numbers.person_id

)

select * from final
