with

members as (

    select * from {{ ref('fct_campaign_members') }}

),

products as (

    select * from {{ ref('customer_products') }}

),

transactions as (

    select * from {{ ref('fct_transactions') }}
    where ledger = 'credit_card' and direction = 'outflow' and not is_refund and not is_internal

),

profits as (

    select * from {{ ref('customer_profit_monthly') }}

),

as_of as (

    select as_of_date from {{ ref('int_customer__as_of') }}

),

-- In every arm only who has had the time to do it counts.
ripe as (

    select
        members.*,
        least(12, datediff('month', members.assigned_date, as_of.as_of_date + 1)) as earning_month_count
    from members
    cross join as_of
    where members.assigned_date + {{ var('campaign_outcome_days') }} <= as_of.as_of_date

),

taken as (

    select ripe.campaign_id, ripe.person_id
    from ripe
    inner join products
        on ripe.person_id = products.person_id
        and ripe.product_code = products.product_code
        and ripe.assigned_date <= products.opened_date
        and ripe.assigned_date + {{ var('campaign_outcome_days') }} > products.opened_date
    group by ripe.campaign_id, ripe.person_id

),

spent as (

    select ripe.campaign_id, ripe.person_id, sum(transactions.amount) as spent_amount
    from ripe
    inner join transactions
        on ripe.person_id = transactions.person_id
        and ripe.assigned_at <= transactions.transacted_at
        and ripe.assigned_at + to_days({{ var('campaign_outcome_days') }}) > transactions.transacted_at
    where ripe.campaign_kind = 'spending'
    group by ripe.campaign_id, ripe.person_id

),

left_over as (

    select ripe.campaign_id, ripe.person_id
    from ripe
    inner join products
        on ripe.person_id = products.person_id
        and (
            products.closed_date is null
            or ripe.assigned_date + {{ var('campaign_outcome_days') }} <= products.closed_date
        )
    where ripe.campaign_kind = 'retention'
    group by ripe.campaign_id, ripe.person_id

),

-- What was made of the product promoted, else of the person, without what campaigns cost.
earned as (

    select
        ripe.campaign_id,
        ripe.person_id,
        sum(profits.margin_amount - profits.campaign_cost_amount) as margin_amount
    from ripe
    inner join profits
        on ripe.person_id = profits.person_id
        and (ripe.product_code is null or ripe.product_code = profits.product_code)
        and ripe.assigned_date <= profits.month_end_date
        and ripe.assigned_date + interval 1 year > profits.month_end_date
    group by ripe.campaign_id, ripe.person_id

),

final as (

    select
        ripe.campaign_id,
        ripe.person_id,
        ripe.campaign_kind,
        ripe.objective,
        ripe.product_code,
        ripe.channel,
        ripe.is_treated,
        ripe.assigned_date,
        cast(case ripe.campaign_kind
            when 'product' then cast(taken.person_id is not null as double)
            when 'retention' then cast(left_over.person_id is not null as double)
            when 'spending' then coalesce(spent.spent_amount, 0)
        end as double) as outcome_value,
        cast(coalesce(earned.margin_amount, 0) as decimal(18, 2)) as margin_amount,
        cast(ripe.earning_month_count as integer) as earning_month_count
    from ripe
    left join taken on ripe.campaign_id = taken.campaign_id and ripe.person_id = taken.person_id
    left join spent on ripe.campaign_id = spent.campaign_id and ripe.person_id = spent.person_id
    left join left_over on ripe.campaign_id = left_over.campaign_id and ripe.person_id = left_over.person_id
    left join earned on ripe.campaign_id = earned.campaign_id and ripe.person_id = earned.person_id

)

select * from final
