with

contracts as (

    select * from {{ ref('int_customer__loan_contracts') }}
    where is_open and product_group = 'mortgage'

),

collaterals as (

    select * from {{ ref('stg_lending__collaterals') }}
    where currency_code = '{{ setting("currency") }}'

),

assets as (

    select
        contracts.person_id,
        count(*) as asset_count,
        sum(collaterals.area_sqm) as area_sqm,
        sum(collaterals.appraised_value_amount) as asset_value_amount,
        max_by(collaterals.collateral_type, (collaterals.appraised_value_amount, collaterals.collateral_id))
            as main_asset_type
    from contracts
    inner join collaterals on contracts.loan_no = collaterals.loan_no
    group by contracts.person_id

),

debts as (

    select
        person_id,
        count(*) as mortgage_count,
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
        cast(debts.mortgage_count as integer) as mortgage_count,
        cast(coalesce(assets.asset_count, 0) as integer) as mortgage_asset_count,
        assets.main_asset_type as mortgage_asset_type,
        cast(assets.area_sqm as decimal(18, 2)) as mortgage_area_sqm,
        cast(assets.asset_value_amount as decimal(18, 2)) as mortgage_asset_value_amount,
        cast(debts.outstanding_amount as decimal(18, 2)) as mortgage_outstanding_amount,
        cast(debts.outstanding_amount / nullif(assets.asset_value_amount, 0) as decimal(9, 6))
            as mortgage_loan_to_value_rate,
        cast(debts.instalment_amount as decimal(18, 2)) as mortgage_instalment_amount,
        debts.next_due_date as mortgage_next_due_date,
        cast(debts.days_past_due as integer) as mortgage_days_past_due
    from debts
    left join assets on debts.person_id = assets.person_id

)

select * from final
