with

contracts as (

    select * from {{ ref('int_customer__fund_contracts') }}
    where is_open

),

risk_profiles as (

    select * from {{ ref('stg_wealth__risk_profiles') }}

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

held as (

    select
        person_id,
        count(*) as fund_count,
        sum(market_value_amount) as value_amount,
        sum(cost_amount) as cost_amount,
        -- Without a cost there is no profit and no loss to tell.
        sum(market_value_amount - cost_amount) as profit_loss_amount,
        max_by(asset_class, (market_value_amount, portfolio_no, fund_code)) as main_asset_class,
        max(valued_date) as valued_date
    from contracts
    group by person_id

),

-- The newest test as a whole: what it leaves out isn't filled from an older one, as max_by() would.
tested as (

    select
        persons.person_id,
        risk_profiles.risk_score,
        risk_profiles.risk_level,
        risk_profiles.valid_until_date
    from risk_profiles
    inner join persons on risk_profiles.cif_no = persons.cif_no
    qualify row_number() over (
        partition by persons.person_id order by risk_profiles.assessed_at desc, risk_profiles.risk_profile_id desc
    ) = 1

),

final as (

    select
        coalesce(held.person_id, tested.person_id) as person_id,
        cast(coalesce(held.fund_count, 0) as integer) as fund_count,
        cast(coalesce(held.value_amount, 0) as decimal(18, 2)) as fund_value_amount,
        cast(held.cost_amount as decimal(18, 2)) as fund_cost_amount,
        cast(held.profit_loss_amount as decimal(18, 2)) as fund_profit_loss_amount,
        cast(held.profit_loss_amount / nullif(held.cost_amount, 0) as decimal(9, 6)) as fund_return_rate,
        held.main_asset_class as fund_main_asset_class,
        held.valued_date as fund_valued_date,
        cast(tested.risk_score as integer) as risk_score,
        tested.risk_level,
        coalesce(tested.valid_until_date >= as_of.as_of_date, tested.risk_score is not null) as is_risk_score_valid
    from held
    full outer join tested on held.person_id = tested.person_id
    cross join as_of

)

select * from final
