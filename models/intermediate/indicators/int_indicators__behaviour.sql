with

profiles as (

    select person_id, occupation, province, registered_at from {{ ref('int_customer__profiles') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

spending as (

    select
        person_id,
        sum(purchase_count) as purchase_count,
        cast(sum(purchase_amount) as double) as purchase_amount,
        sum(abroad_count) as abroad_count,
        {% for category in [
            'children', 'education', 'health', 'travel', 'dining', 'groceries', 'home', 'fashion', 'electronics',
            'entertainment', 'fuel', 'auto',
        ] -%}
        coalesce(sum(purchase_amount) filter (where spending_category = '{{ category }}'), 0)
        / nullif(sum(purchase_amount), 0) as {{ category }}_rate,
        {% endfor -%}
        max(purchase_amount) as largest_category_amount
    from {{ ref('int_indicators__spending') }}
    group by person_id

),

flows as (

    select
        flows.person_id,
        median(flows.inflow_amount) as inflow_amount,
        median(flows.outflow_amount) as outflow_amount,
        median(flows.transaction_count) as transaction_count
    from {{ ref('int_customer__monthly_flows') }} as flows
    cross join as_of
    where
        flows.month_end_date > last_day(cast(as_of.whole_month_end_date - interval 6 month as date))
        and flows.month_end_date <= as_of.whole_month_end_date
    group by flows.person_id

),

deposits as (

    select deposits.person_id, deposits.deposit_balance_amount, deposits.deposit_account_count
    from {{ ref('int_customer__monthly_deposits') }} as deposits
    inner join as_of on deposits.month_end_date = as_of.month_end_date

),

cards as (

    select * from {{ ref('int_customer__card_holdings') }}

),

debts as (

    select * from {{ ref('int_indicators__debts') }}

),

funds as (

    select * from {{ ref('int_indicators__fund_values') }}

),

policies as (

    select * from {{ ref('int_indicators__policies') }}

),

final as (

    select
        profiles.person_id,
        profiles.occupation,
        profiles.province,
        date_diff('month', profiles.registered_at, cast(as_of.as_of_date as timestamp)) as tenure_months,
        spending.* exclude (person_id),
        flows.* exclude (person_id),
        deposits.deposit_balance_amount,
        deposits.deposit_account_count,
        cards.open_card_count,
        cards.credit_limit_amount,
        cards.credit_used_amount,
        debts.loan_amount,
        debts.property_amount,
        debts.car_amount,
        funds.fund_amount,
        policies.policy_count,
        policies.coverage_amount
    from profiles
    cross join as_of
    left join spending on profiles.person_id = spending.person_id
    left join flows on profiles.person_id = flows.person_id
    left join deposits on profiles.person_id = deposits.person_id
    left join cards on profiles.person_id = cards.person_id
    left join debts on profiles.person_id = debts.person_id
    left join funds on profiles.person_id = funds.person_id
    left join policies on profiles.person_id = policies.person_id

)

select * from final
