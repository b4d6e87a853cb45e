with

scores as (

    select
        *,
        replace(task, 'offer_', '') as product_family
    from {{ ref('customer_scores') }}
    where starts_with(task, 'offer_')

),

margins as (

    select * from {{ ref('product_family_margins') }}

),

held as (

    select
        person_id,
        product_family
    from {{ ref('customer_products') }}
    where is_open
    group by person_id, product_family

),

standing as (

    select * from {{ ref('customer_credit_standing') }}

),

-- Never what is held, to nobody who barred it, and no credit to who doesn't want credit offers or is in arrears.
eligible as (

    select
        scores.person_id,
        scores.product_family,
        scores.as_of_date,
        scores.model_version,
        scores.probability,
        scores.reason_1,
        scores.reason_2,
        scores.reason_3,
        margins.margin_amount,
        scores.probability * margins.margin_amount as expected_margin_amount
    from scores
    inner join margins on scores.product_family = margins.product_family
    left join held on scores.person_id = held.person_id and scores.product_family = held.product_family
    left join standing on scores.person_id = standing.person_id
    where
        held.person_id is null
        and coalesce(standing.is_processing_restricted, false) is false
        and (
            scores.product_family not in ('credit_card', 'loan')
            or (
                coalesce(standing.has_credit_offers_consent, false)
                and coalesce(standing.is_in_arrears, false) is false
            )
        )
        and margins.margin_amount > 0

),

final as (

    select
        person_id,
        product_family,
        cast(row_number() over (
            partition by person_id order by expected_margin_amount desc, product_family asc
        ) as integer) as place,
        as_of_date,
        model_version,
        probability,
        cast(margin_amount as decimal(18, 2)) as margin_amount,
        cast(expected_margin_amount as decimal(18, 2)) as expected_margin_amount,
        reason_1,
        reason_2,
        reason_3,
        '{{ setting("currency") }}' as currency_code
    from eligible

)

select * from final
