with

scores as (select * from {{ ref('customer_scores') }}),

policy as (select * from {{ ref('upsell_policy') }}),

standing as (select * from {{ ref('customer_credit_standing') }}),

-- The dearest loan of the list is what an instalment is reckoned at.
families as (

    select
        product_family,
        any_value(business_unit) as business_unit,
        cast(max(annual_interest_rate) as double) / 12 as monthly_rate
    from {{ ref('dim_products') }}
    group by product_family

),

-- Ability to pay comes first: who is late, barred it or has nothing left a month is asked nothing.
able as (

    select
        scores.*,
        policy.offer,
        families.business_unit,
        policy.max_income_multiple,
        policy.max_raise_rate,
        standing.income_amount,
        standing.card_limit_amount,
        standing.debt_service_amount / standing.income_amount as debt_service_rate,
        policy.max_debt_service_rate * standing.income_amount - standing.debt_service_amount as free_amount,
        (1 - (1 + families.monthly_rate) ** -policy.term_months) / families.monthly_rate as instalments
    from scores
    inner join policy on scores.task = policy.task
    inner join families on policy.product_family = families.product_family
    inner join standing on scores.person_id = standing.person_id
    where
        standing.has_credit_offers_consent
        and not standing.is_processing_restricted
        and not standing.is_in_arrears
        and standing.income_amount > 0
        and policy.max_debt_service_rate * standing.income_amount > standing.debt_service_amount

),

sized as (

    select
        *,
        -- In thousands; of a limit a twentieth has to be paid each month if it is used.
        case
            when offer = 'limit_increase'
                then floor(least(
                    card_limit_amount * max_raise_rate,
                    income_amount * max_income_multiple - card_limit_amount,
                    free_amount * 20
                ) / 1000) * 1000
            when instalments is not null then floor(free_amount * instalments / 1000) * 1000
        end as offered_amount
    from able

),

final as (

    select
        person_id,
        offer,
        business_unit,
        cast(row_number() over (partition by offer order by probability desc, score desc, person_id asc) as integer)
            as place,
        as_of_date,
        model_version,
        probability,
        income_amount,
        cast(debt_service_rate as double) as debt_service_rate,
        cast(offered_amount as decimal(18, 2)) as offered_amount,
        reason_1,
        reason_2,
        reason_3,
        '{{ setting("currency") }}' as currency_code
    from sized
    where offer = 'card_upgrade' or offered_amount > 0

)

select * from final
