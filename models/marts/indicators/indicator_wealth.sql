with

seen_wealth as (

    select * from {{ ref('int_indicators__seen_wealth') }}

),

declarations as (

    select * from {{ ref('int_indicators__net_worth_declarations') }}

),

scores as (

    select * from {{ ref('int_indicators__wealth_scores') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

bands as (

    select
        band,
        from_amount,
        lead(from_amount) over (order by from_amount) as to_amount
    from {{ ref('int_indicators__wealth_bands') }}

),

top_band as (select max(from_amount) as top_from_amount from bands),

assumed as (

    select * from {{ ref('method_confidence') }}
    where indicator = 'wealth'

),

evidence as (

    select
        seen_wealth.*,
        coalesce(seen_wealth.seen_amount, declarations.declared_net_worth_amount, 0) as least_amount,
        declarations.declared_net_worth_amount,
        scores.amount as inferred_amount,
        scores.probability as inferred_confidence,
        bands.band as inferred_band,
        bands.to_amount as inferred_to_amount,
        top_band.top_from_amount
    from seen_wealth
    cross join top_band
    left join declarations on seen_wealth.person_id = declarations.person_id
    left join scores on seen_wealth.person_id = scores.person_id
    left join bands on scores.band = bands.band

),

-- Nothing is higher than the highest band, whatever is said. What a person says beats what others teach, unless that
-- falls below what is seen here: then it is only known that there is as much at least.
judged as (

    select
        *,
        case
            when seen_amount >= greatest(top_from_amount, coalesce(declared_net_worth_amount, top_from_amount))
                then 'seen'
            when declared_net_worth_amount is not null then 'declared'
            when inferred_amount is not null
                and (seen_amount is null or inferred_to_amount is null or seen_amount < inferred_to_amount)
                then 'inferred'
            when seen_amount is not null then 'seen'
            else 'unknown'
        end as method
    from evidence

),

valued as (

    select
        judged.*,
        cast(case judged.method
            when 'declared' then greatest(judged.declared_net_worth_amount, judged.least_amount)
            when 'inferred' then greatest(judged.inferred_amount, judged.least_amount)
            when 'seen' then judged.seen_amount
        end as decimal(18, 2)) as value_amount,
        case judged.method
            when 'inferred' then judged.inferred_confidence
            when 'seen' then case when judged.seen_amount >= judged.top_from_amount then assumed.confidence_rate end
            else assumed.confidence_rate
        end as confidence
    from judged
    left join assumed on judged.method = assumed.method

),

banded as (

    select
        valued.person_id,
        max_by(bands.band, bands.from_amount) as band
    from valued
    inner join bands on greatest(valued.value_amount, 0) >= bands.from_amount
    group by valued.person_id

),

final as (

    select
        valued.person_id,
        'wealth' as indicator,
        valued.value_amount,
        cast(null as double) as probability,
        cast(case when valued.method != 'unknown' then round(100 * percent_rank() over (
            partition by valued.method != 'unknown' order by valued.value_amount
        )) end as integer) as score,
        case
            when valued.confidence < {{ var('indicator_least_confidence') }} or valued.confidence is null then 'unknown'
            when valued.method = 'inferred' then valued.inferred_band
            else coalesce(banded.band, 'unknown')
        end as band,
        cast(valued.confidence as double) as confidence,
        {{ evidence_columns({
            'declaration': "valued.declared_net_worth_amount is not null",
            'deposits': "valued.deposit_balance_amount is not null",
            'funds': "valued.fund_amount is not null",
            'property': "valued.property_amount is not null",
            'car': "valued.car_amount is not null",
            'loans': "valued.loan_amount is not null",
            'card debt': "valued.card_debt_amount is not null",
            'behaviour': "valued.method = 'inferred'",
        }) }},
        valued.method,
        '3' as version,
        as_of.as_of_date
    from valued
    cross join as_of
    left join banded on valued.person_id = banded.person_id

)

select * from final
