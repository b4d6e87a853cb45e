{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
    on_schema_change='fail',
) }}
{%- set touched = touched_months([
    'stg_core_banking__customers', 'stg_core_banking__account_holders', 'stg_core_banking__accounts',
    'stg_core_banking__account_balances', 'stg_core_banking__account_transactions', 'stg_cards__credit_cards',
    'stg_cards__debit_cards', 'stg_cards__card_statements', 'stg_cards__card_transactions', 'stg_payments__payments',
    'stg_lending__loans', 'stg_insurance__policies', 'stg_wealth__fund_holdings', 'stg_digital__events',
    'stg_crm__call_centre_cases',
]) %}

with

monthly as (select * from {{ ref('customer_monthly') }}),

persons as (select * from {{ ref('int_customer__months_as_known') }}),

products as (select * from {{ ref('int_customer__products_as_known') }}),

cards as (select * from {{ ref('int_customer__card_behaviour_as_known') }}),

spending as (select * from {{ ref('int_customer__spending_as_known') }}),

engagement as (select * from {{ ref('int_customer__engagement_as_known') }}),

cases as (select * from {{ ref('int_customer__cases_as_known') }}),

months as (

    select * from monthly
    {% if is_incremental() -%}
    where month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

final as (

    select
        months.person_id, months.month_end_date, months.as_of_date, months.is_closed,
        cast(date_sub('month', persons.registered_date, months.as_of_date) as integer) as tenure_months,
        months.deposit_balance_amount, months.deposit_account_count, months.card_balance_amount,
        months.card_limit_amount, months.inflow_amount, months.outflow_amount,
        months.salary_amount, months.card_spend_amount, months.transaction_count,
        months.card_purchase_count, months.inflow_3m_amount, months.outflow_3m_amount,
        months.card_spend_3m_amount, months.card_spend_12m_amount,
        cast(months.as_of_date - months.last_transaction_date as integer) as last_transaction_day_count,
        before.deposit_balance_amount as deposit_balance_before_amount,
        before.inflow_3m_amount as inflow_3m_before_amount, before.outflow_3m_amount as outflow_3m_before_amount,
        before.card_spend_3m_amount as card_spend_3m_before_amount,
        cast(coalesce(products.product_count, 0) as integer) as product_count,
        cast(coalesce(products.product_family_count, 0) as integer) as product_family_count,
        cast(coalesce(products.contract_count, 0) as integer) as contract_count,
        cast(coalesce(products.fixed_deposit_count, 0) as integer) as fixed_deposit_count,
        cast(coalesce(products.credit_card_count, 0) as integer) as credit_card_count,
        cast(coalesce(products.loan_count, 0) as integer) as loan_count,
        cast(coalesce(products.mortgage_count, 0) as integer) as mortgage_count,
        cast(coalesce(products.auto_loan_count, 0) as integer) as auto_loan_count,
        cast(coalesce(products.fund_count, 0) as integer) as fund_count,
        cast(coalesce(products.policy_count, 0) as integer) as policy_count,
        cast(coalesce(products.life_policy_count, 0) as integer) as life_policy_count,
        cast(coalesce(products.health_policy_count, 0) as integer) as health_policy_count,
        cast(months.as_of_date - products.last_opened_date as integer) as last_opened_day_count,
        cast(coalesce(products.card_fee_amount, 0) as decimal(18, 2)) as card_fee_amount,
        cast(coalesce(products.debt_outstanding_amount, 0) as decimal(18, 2)) as debt_outstanding_amount,
        cast(coalesce(products.debt_instalment_amount, 0) as decimal(18, 2)) as debt_instalment_amount,
        coalesce(products.debt_days_past_due, 0) as debt_days_past_due,
        cast(coalesce(products.fund_value_amount, 0) as decimal(18, 2)) as fund_value_amount,
        cast(coalesce(products.yearly_premium_amount, 0) as decimal(18, 2)) as yearly_premium_amount,
        cast(cards.owed_amount / nullif(cards.limit_amount, 0) as double) as card_utilisation_rate,
        cast(cards.utilisation_12m_rate as double) as card_utilisation_12m_rate,
        cast(coalesce(cards.revolving_month_12m_count, 0) as integer) as revolving_month_12m_count,
        cast(coalesce(cards.missed_payment_12m_count, 0) as integer) as missed_payment_12m_count,
        cast(coalesce(cards.card_interest_12m_amount, 0) as decimal(18, 2)) as card_interest_12m_amount,
        cast(coalesce(cards.cash_advance_12m_amount, 0) as decimal(18, 2)) as cash_advance_12m_amount,
        cast(coalesce(cards.points_balance, 0) as bigint) as points_balance,
        {{ rate_of('spending.groceries_amount', 'spending.card_amount') }} as card_groceries_3m_rate,
        {{ rate_of('spending.dining_amount', 'spending.card_amount') }} as card_dining_3m_rate,
        {{ rate_of('spending.travel_amount', 'spending.card_amount') }} as card_travel_3m_rate,
        {{ rate_of('spending.fuel_amount', 'spending.card_amount') }} as card_fuel_3m_rate,
        {{ rate_of('spending.health_amount', 'spending.card_amount') }} as card_health_3m_rate,
        {{ rate_of('spending.education_amount', 'spending.card_amount') }} as card_education_3m_rate,
        {{ rate_of('spending.home_amount', 'spending.card_amount') }} as card_home_3m_rate,
        {{ rate_of('spending.fashion_amount', 'spending.card_amount') }} as card_fashion_3m_rate,
        {{ rate_of('spending.electronics_amount', 'spending.card_amount') }} as card_electronics_3m_rate,
        {{ rate_of('spending.children_amount', 'spending.card_amount') }} as card_children_3m_rate,
        {{ rate_of('spending.online_amount', 'spending.card_amount') }} as card_online_3m_rate,
        {{ rate_of('spending.abroad_amount', 'spending.card_amount') }} as card_abroad_3m_rate,
        cast(coalesce(spending.debit_card_amount, 0) as decimal(18, 2)) as debit_card_spend_3m_amount,
        cast(coalesce(spending.cash_amount, 0) as decimal(18, 2)) as cash_3m_amount,
        cast(coalesce(spending.transfer_amount, 0) as decimal(18, 2)) as transfer_3m_amount,
        cast(coalesce(spending.bill_amount, 0) as decimal(18, 2)) as bill_3m_amount,
        cast(coalesce(engagement.web_login_count, 0) as integer) as web_login_count,
        cast(coalesce(engagement.app_login_count, 0) as integer) as app_login_count,
        cast(coalesce(engagement.web_login_3m_count, 0) as integer) as web_login_3m_count,
        cast(coalesce(engagement.app_login_3m_count, 0) as integer) as app_login_3m_count,
        cast(coalesce(engagement.search_3m_count, 0) as integer) as search_3m_count,
        cast(coalesce(engagement.promotion_view_3m_count, 0) as integer) as promotion_view_3m_count,
        cast(coalesce(engagement.promotion_click_3m_count, 0) as integer) as promotion_click_3m_count,
        cast(coalesce(engagement.application_start_3m_count, 0) as integer) as application_start_3m_count,
        cast(coalesce(engagement.card_view_3m_count, 0) as integer) as card_view_3m_count,
        cast(coalesce(engagement.insurance_view_3m_count, 0) as integer) as insurance_view_3m_count,
        cast(coalesce(engagement.investing_view_3m_count, 0) as integer) as investing_view_3m_count,
        cast(coalesce(engagement.home_view_3m_count, 0) as integer) as home_view_3m_count,
        cast(coalesce(engagement.car_view_3m_count, 0) as integer) as car_view_3m_count,
        cast(coalesce(engagement.travel_view_3m_count, 0) as integer) as travel_view_3m_count,
        cast(months.as_of_date - engagement.last_seen_date as integer) as last_seen_day_count,
        cast(coalesce(cases.case_3m_count, 0) as integer) as case_3m_count,
        cast(coalesce(cases.case_12m_count, 0) as integer) as case_12m_count,
        cast(coalesce(cases.complaint_3m_count, 0) as integer) as complaint_3m_count,
        cast(coalesce(cases.complaint_12m_count, 0) as integer) as complaint_12m_count,
        cast(coalesce(cases.closure_request_12m_count, 0) as integer) as closure_request_12m_count,
        cases.last_satisfaction_score,
        months.currency_code
    from months
    left join monthly as before
        on months.person_id = before.person_id
        and before.month_end_date = last_day(cast(months.month_end_date - interval 3 month as date))
    left join persons on months.person_id = persons.person_id and months.month_end_date = persons.month_end_date
    left join products on months.person_id = products.person_id and months.month_end_date = products.month_end_date
    left join cards on months.person_id = cards.person_id and months.month_end_date = cards.month_end_date
    left join spending on months.person_id = spending.person_id and months.month_end_date = spending.month_end_date
    left join engagement
        on months.person_id = engagement.person_id and months.month_end_date = engagement.month_end_date
    left join cases on months.person_id = cases.person_id and months.month_end_date = cases.month_end_date

)

select * from final
