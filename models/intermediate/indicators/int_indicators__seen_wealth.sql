with

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

-- Held here: deposits and funds, less what is owed here. Elsewhere: the property and the cars that secure loans.
final as (

    select
        person_id,
        deposit_balance_amount,
        fund_amount,
        nullif(property_amount, 0) as property_amount,
        nullif(car_amount, 0) as car_amount,
        loan_amount,
        nullif(credit_used_amount, 0) as card_debt_amount,
        -- Debt alone tells nothing of what somebody owns.
        case
            when coalesce(deposit_balance_amount, fund_amount, nullif(property_amount, 0), nullif(car_amount, 0))
                is not null
                then cast(
                    coalesce(deposit_balance_amount, 0) + coalesce(fund_amount, 0) + coalesce(property_amount, 0)
                    + coalesce(car_amount, 0) - coalesce(loan_amount, 0) - coalesce(credit_used_amount, 0)
                as decimal(18, 2))
        end as seen_amount
    from behaviour

)

select * from final
