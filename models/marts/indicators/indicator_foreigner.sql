with

evidence as (

    select * from {{ ref('int_indicators__foreigner_evidence') }}

),

declared as (

    select person_id, is_verified, attribute_value != '{{ setting("country") }}' as is_foreigner
    from {{ ref('int_customer__golden_values') }}
    where attribute = 'nationality'

),

scores as (

    select * from {{ ref('int_indicators__foreigner_scores') }}
    where is_true is null

),

assumed as (

    select * from {{ ref('method_confidence') }}
    where indicator = 'foreigner'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

judged as (

    select
        evidence.*,
        declared.is_foreigner as says_foreigner,
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
            when judged.says_foreigner then assumed.confidence_rate
            when not judged.says_foreigner then 1 - assumed.confidence_rate
        end as probability
    from judged
    left join assumed on judged.method = assumed.method

),

final as (

    select
        weighed.person_id,
        'foreigner' as indicator,
        cast(null as decimal(18, 2)) as value_amount,
        cast(weighed.probability as double) as probability,
        cast(round(100 * weighed.probability) as integer) as score,
        case
            when weighed.probability >= {{ var('indicator_least_confidence') }} then 'foreign'
            when weighed.probability <= 1 - {{ var('indicator_least_confidence') }} then 'domestic'
            else 'unknown'
        end as band,
        cast(greatest(weighed.probability, 1 - weighed.probability) as double) as confidence,
        {{ evidence_columns({
            'declaration': "weighed.says_foreigner is not null",
            'identity document': "weighed.has_national_id is not null",
            'phone': "weighed.phone_prefix is not null",
            'residence': "weighed.residence_country_code is not null",
            'card spending': "weighed.purchase_count is not null",
        }) }},
        weighed.method,
        '1' as version,
        as_of.as_of_date
    from weighed
    cross join as_of

)

select * from final
