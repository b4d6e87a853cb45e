with

profiles as (

    select person_id from {{ ref('int_customer__profiles') }}

),

behaviour as (

    select * from {{ ref('int_indicators__behaviour') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

bands as (

    select * from {{ ref('wealth_bands') }}
    where currency_code = '{{ setting("currency") }}'

),

-- Held here: deposits and funds, less what is owed here. Elsewhere: the property and the cars that secure loans.
seen as (

    select
        profiles.person_id,
        behaviour.deposit_balance_amount,
        behaviour.fund_amount,
        nullif(behaviour.property_amount, 0) as property_amount,
        nullif(behaviour.car_amount, 0) as car_amount,
        behaviour.loan_amount,
        nullif(behaviour.credit_used_amount, 0) as card_debt_amount,
        cast(coalesce(behaviour.deposit_balance_amount, 0) > 0 as integer)
        + cast(coalesce(behaviour.fund_amount, 0) > 0 as integer)
        + cast(coalesce(behaviour.property_amount, 0) > 0 as integer)
        + cast(coalesce(behaviour.car_amount, 0) > 0 as integer) as asset_kind_count
    from profiles
    inner join behaviour on profiles.person_id = behaviour.person_id

),

-- Debt alone tells nothing of what somebody owns.
valued as (

    select
        *,
        case
            when deposit_balance_amount is null and fund_amount is null and property_amount is null
                and car_amount is null then 'unknown'
            when property_amount is not null or car_amount is not null then 'appraised'
            else 'verified'
        end as method,
        cast(
            coalesce(deposit_balance_amount, 0) + coalesce(fund_amount, 0) + coalesce(property_amount, 0)
            + coalesce(car_amount, 0) - coalesce(loan_amount, 0) - coalesce(card_debt_amount, 0)
        as decimal(18, 2)) as net_amount
    from seen

),

banded as (

    select
        valued.person_id,
        max_by(bands.band, bands.from_amount) as band
    from valued
    inner join bands on greatest(valued.net_amount, 0) >= bands.from_amount
    group by valued.person_id

),

final as (

    select
        valued.person_id,
        'wealth' as indicator,
        case when valued.method != 'unknown' then valued.net_amount end as value_amount,
        cast(null as double) as probability,
        cast(case when valued.method != 'unknown' then round(100 * percent_rank() over (
            partition by valued.method != 'unknown' order by valued.net_amount
        )) end as integer) as score,
        -- One account tells how much lies on it, not how rich its owner is.
        case when valued.asset_kind_count < 2 then 'unknown' else coalesce(banded.band, 'unknown') end as band,
        -- How much a person owns that no bank of theirs sees here can't be measured.
        cast(null as double) as confidence,
        {{ evidence_columns({
            'deposits': "valued.deposit_balance_amount is not null",
            'funds': "valued.fund_amount is not null",
            'property': "valued.property_amount is not null",
            'car': "valued.car_amount is not null",
            'loans': "valued.loan_amount is not null",
            'card debt': "valued.card_debt_amount is not null",
        }) }},
        valued.method,
        '2' as version,
        as_of.as_of_date
    from valued
    cross join as_of
    left join banded on valued.person_id = banded.person_id

)

select * from final
