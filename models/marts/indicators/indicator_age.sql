with

evidence as (

    select * from {{ ref('int_indicators__age_evidence') }}

),

declared as (

    select person_id, is_verified from {{ ref('int_customer__golden_values') }}
    where attribute = 'date_of_birth'

),

-- The likeliest group; of two equals the younger.
scores as (

    select person_id, group_name, probability
    from {{ ref('int_indicators__age_scores') }}
    where is_true is null
    qualify row_number() over (partition by person_id order by probability desc, group_name asc) = 1

),

assumed as (

    select * from {{ ref('method_confidence') }}
    where indicator = 'age'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

judged as (

    select
        evidence.*,
        case
            when evidence.age_group is not null and declared.is_verified then 'verified'
            when evidence.age_group is not null then 'declared'
            when scores.person_id is not null then 'inferred'
            else 'unknown'
        end as method,
        coalesce(evidence.age_group, scores.group_name) as likeliest_group,
        scores.probability as inferred_probability
    from evidence
    left join declared on evidence.person_id = declared.person_id
    left join scores on evidence.person_id = scores.person_id

),

weighed as (

    select
        judged.*,
        case when judged.method = 'inferred' then judged.inferred_probability else assumed.confidence_rate end
            as probability
    from judged
    left join assumed on judged.method = assumed.method

),

final as (

    select
        weighed.person_id,
        'age' as indicator,
        cast(null as decimal(18, 2)) as value_amount,
        cast(weighed.probability as double) as probability,
        cast(round(100 * weighed.probability) as integer) as score,
        case
            when weighed.probability >= {{ var('indicator_least_confidence') }} then weighed.likeliest_group
            else 'unknown'
        end as band,
        cast(weighed.probability as double) as confidence,
        {{ evidence_columns({
            'date of birth': "weighed.age_group is not null",
            'occupation': "weighed.occupation is not null",
            'card spending': "weighed.purchase_count is not null",
            'account': "weighed.inflow_amount is not null",
            'insurance': "weighed.policy_count is not null",
        }) }},
        weighed.method,
        '1' as version,
        as_of.as_of_date
    from weighed
    cross join as_of

)

select * from final
