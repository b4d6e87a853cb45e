with

leads as (

    select * from {{ ref('fct_leads') }}
    where person_id is not null

),

products as (

    select * from {{ ref('customer_products') }}
    where contract_role is null or contract_role not in ('joint', 'supplementary')

),

transactions as (

    select * from {{ ref('fct_transactions') }}
    where person_id is not null and not is_refund and not is_internal

),

profits as (

    select * from {{ ref('customer_profit_monthly') }}

),

visits as (

    select *, coalesce(person_id, visitor_id) as subject_id
    from {{ ref('fct_visits') }}

),

timeline as (

    select *, coalesce(person_id, visitor_id) as subject_id
    from {{ ref('customer_timeline') }}
    where
        event_kind in (
            'promotion_view', 'promotion_click', 'lead_form', 'sign_up', 'application_submit', 'online_purchase',
            'call_centre_case'
        )
        and coalesce(person_id, visitor_id) is not null

),

-- What no experiment looks at isn't copied here.
declared as (

    select outcome from {{ ref('int_experiments__metrics') }}
    union
    select per_outcome as outcome from {{ ref('int_experiments__metrics') }} where per_outcome is not null

),

-- What is dated by day counts at the end of that day: an account of the day of the exposure may be due to it, and one
-- that isn't is as frequent in every arm.
happened as (

    select person_id as subject_id, captured_at as happened_at, 'lead' as outcome, 1.0 as amount
    from leads
    union all
    select person_id as subject_id, won_at as happened_at, 'sale' as outcome, 1.0 as amount
    from leads
    where won_at is not null
    union all
    select
        person_id as subject_id,
        {{ local_midnight("opened_date + interval 1 day") }} as happened_at,
        'product_opened' as outcome,
        1.0 as amount
    from products
    where opened_date is not null
    union all
    select person_id as subject_id, transacted_at as happened_at, 'card_spending' as outcome, amount
    from transactions
    where ledger = 'credit_card' and direction = 'outflow'
    union all
    select person_id as subject_id, transacted_at as happened_at, 'deposit_inflow' as outcome, amount
    from transactions
    where ledger = 'deposit' and direction = 'inflow'
    union all
    select
        person_id as subject_id,
        {{ local_midnight("month_end_date + interval 1 day") }} as happened_at,
        'margin' as outcome,
        margin_amount as amount
    from profits
    union all
    -- A visit in which somebody is exposed ends after it.
    select subject_id, ended_at as happened_at, 'visit' as outcome, 1.0 as amount
    from visits
    union all
    select subject_id, ended_at as happened_at, 'engagement_seconds' as outcome, engagement_seconds as amount
    from visits
    union all
    select subject_id, occurred_at as happened_at, 'conversion' as outcome, 1.0 as amount
    from timeline
    where event_kind in ('lead_form', 'sign_up', 'application_submit', 'online_purchase')
    union all
    select subject_id, occurred_at as happened_at, 'lead_form' as outcome, 1.0 as amount
    from timeline
    where event_kind in ('lead_form', 'sign_up')
    union all
    select subject_id, occurred_at as happened_at, 'promotion_view' as outcome, 1.0 as amount
    from timeline
    where event_kind = 'promotion_view'
    union all
    select subject_id, occurred_at as happened_at, 'promotion_click' as outcome, 1.0 as amount
    from timeline
    where event_kind = 'promotion_click'
    union all
    select subject_id, occurred_at as happened_at, 'service_case' as outcome, 1.0 as amount
    from timeline
    where event_kind = 'call_centre_case'

),

final as (

    select
        subject_id,
        outcome,
        happened_at,
        cast(sum(amount) as double) as value
    from happened
    where amount <> 0 and outcome in (select outcome from declared)
    group by subject_id, outcome, happened_at

)

select * from final
