with

contracts as (

    select * from {{ ref('int_customer__loan_contracts') }}
    where is_open and product_group = 'auto_loan'

),

collaterals as (

    select * from {{ ref('stg_lending__collaterals') }}
    where currency_code = '{{ setting("currency") }}'

),

cars as (

    select
        contracts.person_id,
        sum(coalesce(collaterals.car_price_amount, collaterals.appraised_value_amount)) as car_price_amount,
        -- The newest car tells what somebody drives.
        max_by(collaterals.car_segment, (contracts.opened_date, collaterals.collateral_id)) as car_segment,
        max_by(collaterals.car_make, (contracts.opened_date, collaterals.collateral_id)) as car_make
    from contracts
    inner join collaterals on contracts.loan_no = collaterals.loan_no
    group by contracts.person_id

),

debts as (

    select
        person_id,
        count(*) as auto_loan_count,
        sum(outstanding_amount) as outstanding_amount,
        sum(instalment_amount) as instalment_amount,
        min(next_due_date) as next_due_date,
        max(days_past_due) as days_past_due
    from contracts
    group by person_id

),

final as (

    select
        debts.person_id,
        cast(debts.auto_loan_count as integer) as auto_loan_count,
        cast(cars.car_price_amount as decimal(18, 2)) as car_price_amount,
        cars.car_segment,
        cars.car_make,
        cast(debts.outstanding_amount as decimal(18, 2)) as auto_loan_outstanding_amount,
        cast(debts.instalment_amount as decimal(18, 2)) as auto_loan_instalment_amount,
        debts.next_due_date as auto_loan_next_due_date,
        cast(debts.days_past_due as integer) as auto_loan_days_past_due
    from debts
    left join cars on debts.person_id = cars.person_id

)

select * from final
