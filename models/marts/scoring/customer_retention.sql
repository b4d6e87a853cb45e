with

churn as (

    select * from {{ ref('customer_scores') }}
    where task = 'churn'

),

lifetime_value as (

    select * from {{ ref('customer_lifetime_value') }}

),

offers as (

    select * from {{ ref('retention_offers') }}
    where currency_code = '{{ setting("currency") }}'

),

valued as (

    select
        churn.*,
        lifetime_value.value_12m_amount,
        churn.probability * greatest(lifetime_value.value_12m_amount, 0) as value_at_risk_amount
    from churn
    left join lifetime_value on churn.person_id = lifetime_value.person_id

),

-- An offer is given to the one who stays anyway too: it costs everybody's, and keeps a share of those who would leave.
worth_making as (

    select
        valued.person_id,
        offers.offer,
        valued.value_at_risk_amount * offers.kept_rate - offers.cost_amount as gain_amount
    from valued
    cross join offers
    where valued.value_at_risk_amount * offers.kept_rate > offers.cost_amount
    qualify row_number() over (partition by valued.person_id order by gain_amount desc, offers.offer asc) = 1

),

final as (

    select
        valued.person_id,
        valued.as_of_date,
        valued.model_version,
        valued.probability as churn_probability,
        valued.decile as churn_decile,
        valued.reason_1 as churn_reason_1,
        valued.reason_2 as churn_reason_2,
        valued.reason_3 as churn_reason_3,
        valued.value_12m_amount,
        cast(valued.value_at_risk_amount as decimal(18, 2)) as value_at_risk_amount,
        coalesce(worth_making.offer, 'none') as save_offer,
        cast(worth_making.gain_amount as decimal(18, 2)) as save_gain_amount,
        '{{ setting("currency") }}' as currency_code
    from valued
    left join worth_making on valued.person_id = worth_making.person_id

)

select * from final
