with

evidence as (

    select * from {{ ref('int_indicators__married_evidence') }}

),

declared as (

    select person_id, is_verified, attribute_value = 'married' as is_married
    from {{ ref('int_customer__golden_values') }}
    where attribute = 'marital_status'

),

scores as (

    select * from {{ ref('int_indicators__married_scores') }}
    where is_true is null

),

assumed as (

    select * from {{ ref('method_confidence') }}
    where indicator = 'married'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

-- What the person says stands; only who says nothing is judged by behaviour.
judged as (

    select
        evidence.*,
        declared.is_married as says_married,
        case
            when declared.is_verified then 'verified'
            when declared.person_id is not null then 'declared'
            when scores.probability is not null then 'inferred'
            else 'unknown'
        end as method,
        scores.probability as inferred_probability
    from evidence
    left join declared on evidence.person_id = declared.person_id
    left join scores on evidence.person_id = scores.person_id

),

weighed as (

    select
        judged.*,
        case
            when judged.method = 'inferred' then judged.inferred_probability
            when judged.says_married then assumed.confidence_rate
            when not judged.says_married then 1 - assumed.confidence_rate
        end as probability
    from judged
    left join assumed on judged.method = assumed.method

),

final as (

    select
        weighed.person_id,
        'married' as indicator,
        cast(null as decimal(18, 2)) as value_amount,
        cast(weighed.probability as double) as probability,
        cast(round(100 * weighed.probability) as integer) as score,
        case
            when weighed.probability >= {{ var('indicator_least_confidence') }} then 'married'
            when weighed.probability <= 1 - {{ var('indicator_least_confidence') }} then 'not married'
            else 'unknown'
        end as band,
        cast(greatest(weighed.probability, 1 - weighed.probability) as double) as confidence,
        {{ evidence_columns({
            'declaration': "weighed.says_married is not null",
            'form of address': "weighed.title is not null",
            'date of birth': "weighed.age_years is not null",
            'card spending': "weighed.purchase_count is not null",
            'insurance': "weighed.policy_count is not null",
            'joint account': "weighed.joint_account_count is not null",
            'household': "weighed.household_member_count is not null",
        }) }},
        weighed.method,
        '1' as version,
        as_of.as_of_date
    from weighed
    cross join as_of

)

select * from final
