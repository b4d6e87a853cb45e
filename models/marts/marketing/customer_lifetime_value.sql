with

relationships as (

    select * from {{ ref('int_lifetime_value__relationships') }}

),

relationship_values as (

    select * from {{ ref('int_lifetime_value__relationship_values') }}

),

purchase_values as (

    select * from {{ ref('int_lifetime_value__purchase_values') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- Nobody buys after the relationship ended.
expected_purchases as (

    select purchase_values.*
    from purchase_values
    inner join relationships on purchase_values.person_id = relationships.person_id
    where not relationships.has_closed

),

-- Card purchases earn a part of the relationship's value: the two are told side by side and never added.
final as (

    select
        relationships.person_id,
        cast(relationships.tenure_months as integer) as tenure_months,
        relationships.has_closed,
        cast(relationships.mean_value as decimal(18, 2)) as monthly_value_amount,
        cast(relationship_values.survival as double) as survival_12m_rate,
        cast(relationship_values.expected_months as double) as expected_months,
        cast(relationship_values.value as decimal(18, 2)) as value_12m_amount,
        cast(relationship_values.value_low as decimal(18, 2)) as value_12m_low_amount,
        cast(relationship_values.value_high as decimal(18, 2)) as value_12m_high_amount,
        cast(expected_purchases.probability_alive as double) as card_active_rate,
        cast(expected_purchases.purchase_days as double) as expected_purchase_days,
        cast(expected_purchases.day_spend as decimal(18, 2)) as expected_day_spend_amount,
        cast(expected_purchases.spend as decimal(18, 2)) as expected_spend_12m_amount,
        '{{ setting("currency") }}' as currency_code,
        '1' as version,
        as_of.as_of_date
    from relationships
    cross join as_of
    inner join relationship_values on relationships.person_id = relationship_values.person_id
    left join expected_purchases on relationships.person_id = expected_purchases.person_id

)

select * from final
