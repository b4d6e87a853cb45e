with

profiles as (select * from {{ ref('int_customer__profiles') }}),

as_of as (select * from {{ ref('int_customer__as_of') }}),

deposits as (select * from {{ ref('int_customer__deposit_holdings') }}),

cards as (select * from {{ ref('int_customer__card_holdings') }}),

actions as (select * from {{ ref('int_customer__last_actions') }}),

income as (select * from {{ ref('indicator_income') }}),

spending as (select * from {{ ref('int_customer__spending') }}),

cash_flow as (select * from {{ ref('int_customer__cash_flow') }}),

behaviour as (select * from {{ ref('int_customer__card_behaviour') }}),

loans as (select * from {{ ref('int_customer__loans') }}),

mortgages as (select * from {{ ref('int_customer__mortgages') }}),

auto_loans as (select * from {{ ref('int_customer__auto_loans') }}),

funds as (select * from {{ ref('int_customer__funds') }}),

insurance as (select * from {{ ref('int_customer__insurance') }}),

products as (select * from {{ ref('int_customer__product_counts') }}),

engagement as (select * from {{ ref('customer_engagement') }}),

promotions as (select * from {{ ref('customer_promotion_response') }}),

wealth as (select * from {{ ref('indicator_wealth') }}),

married as (select * from {{ ref('indicator_married') }}),

age as (select * from {{ ref('indicator_age') }}),

foreigner as (select * from {{ ref('indicator_foreigner') }}),

life_stages as (select * from {{ ref('int_customer__life_stages') }}),

household as (select * from {{ ref('household_members') }}),

lifetime_value as (select * from {{ ref('customer_lifetime_value') }}),

retention as (select * from {{ ref('customer_retention') }}),

offers as (select * from {{ ref('customer_next_best_offers') }} where place = 1),

personas as (select * from {{ ref('customer_personas') }}),

consents as (select * from {{ ref('int_customer__consent_state') }}),

channels as (select * from {{ ref('customer_channels') }} where is_preferred),

-- Who left has no row of this month: the month in which they left isn't how they stand today.
months as (

    select monthly.*
    from {{ ref('customer_monthly_restated') }} as monthly
    inner join as_of on monthly.month_end_date = as_of.month_end_date

),

rfm as (

    select monthly.*
    from {{ ref('customer_rfm_monthly') }} as monthly
    inner join as_of on monthly.month_end_date = as_of.month_end_date

),

life_event as (

    select * from {{ ref('customer_life_events') }}
    where is_likely
    qualify row_number() over (partition by person_id order by event_date desc, probability desc, event_kind asc) = 1

),

profit as (

    select
        profits.person_id,
        sum(profits.margin_amount) as margin_amount,
        sum(profits.margin_amount) filter (products.product_family = 'deposit') as margin_deposit_amount,
        sum(profits.margin_amount) filter (products.product_family = 'credit_card') as margin_credit_card_amount,
        sum(profits.margin_amount) filter (products.product_family = 'loan') as margin_loan_amount,
        sum(profits.margin_amount) filter (products.product_family = 'fund') as margin_fund_amount,
        sum(profits.margin_amount) filter (products.product_family = 'insurance') as margin_insurance_amount
    from {{ ref('customer_profit_monthly') }} as profits
    cross join as_of
    left join {{ ref('dim_products') }} as products on profits.product_code = products.product_code
    where profits.month_end_date > last_day(cast(as_of.month_end_date - interval 12 month as date))
    group by profits.person_id

),

spend_ranks as (

    select
        cards.person_id,
        percent_rank() over (order by months.card_spend_12m_amount) as spend_rank,
        months.card_spend_12m_amount
    from cards
    inner join months on cards.person_id = months.person_id

),

final as (

    select
        profiles.person_id, as_of.as_of_date,
        nullif(concat_ws(' ', profiles.first_name, profiles.last_name), '') as full_name,
        nullif(concat_ws(' ', profiles.first_name_latin, profiles.last_name_latin), '') as full_name_latin,
        profiles.date_of_birth,
        cast(date_sub('year', profiles.date_of_birth, as_of.as_of_date) as integer) as age_years, profiles.gender,
        profiles.marital_status, profiles.nationality, profiles.mobile_phone as phone, profiles.email,
        profiles.occupation, profiles.province, profiles.country_code, profiles.declared_income_amount,
        income.value_amount as income_amount, income.score as income_score, income.band as income_band,
        income.method as income_method, profiles.member_id,
        cast(profiles.customer_number_count as integer) as customer_number_count, profiles.registered_at,
        profiles.closed_at, profiles.closed_at is null as is_active_relationship,
        cast(date_sub('month', profiles.registered_at, as_of.as_of_date) as integer) as tenure_months,
        case
            when months.person_id is null and coalesce(deposits.open_account_count, 0) = 0 then 0
            else months.deposit_balance_amount
        end as deposit_balance_amount,
        cast(coalesce(deposits.open_account_count, 0) as integer) as deposit_account_count,
        coalesce(deposits.holds_e_savings, false) as holds_e_savings,
        coalesce(deposits.holds_super_savings, false) as holds_super_savings,
        coalesce(deposits.holds_daily_flow_current, false) as holds_daily_flow_current,
        coalesce(deposits.holds_fixed_deposit_5y, false) as holds_fixed_deposit_5y,
        coalesce(deposits.holds_fixed_deposit_7y, false) as holds_fixed_deposit_7y,
        coalesce(deposits.holds_fixed_deposit_10y, false) as holds_fixed_deposit_10y, actions.last_deposit_action,
        actions.last_deposit_action_at,
        case
            when cards.person_id is null then null
            when coalesce(spend_ranks.card_spend_12m_amount, 0) <= 0 then 'inactive'
            when spend_ranks.spend_rank >= 0.9 then 'top_spender'
            when spend_ranks.spend_rank >= 0.7 then 'high_spender'
            when spend_ranks.spend_rank >= 0.3 then 'regular_spender'
            else 'low_spender'
        end as card_segment,
        case when cards.person_id is not null then coalesce(behaviour.payment_behaviour, 'inactive') end
            as credit_payment_behaviour,
        cast(coalesce(cards.open_card_count, 0) as integer) as credit_card_count, cards.credit_limit_amount,
        cards.credit_used_amount,
        cast(cards.credit_limit_amount - cards.credit_used_amount as decimal(18, 2)) as credit_available_amount,
        cards.points_balance, coalesce(cards.holds_platinum_card, false) as holds_platinum_card,
        coalesce(cards.holds_diamond_card, false) as holds_diamond_card,
        coalesce(cards.holds_gold_card, false) as holds_gold_card,
        coalesce(cards.holds_silver_card, false) as holds_silver_card,
        coalesce(cards.holds_shopping_card, false) as holds_shopping_card,
        coalesce(cards.holds_auto_card, false) as holds_auto_card,
        coalesce(months.card_spend_12m_amount, 0) as card_spend_12m_amount, actions.last_card_action,
        actions.last_card_action_at, coalesce(months.inflow_3m_amount, 0) as inflow_3m_amount,
        coalesce(months.outflow_3m_amount, 0) as outflow_3m_amount,
        coalesce(spending.spending_12m_amount, 0) as spending_12m_amount,
        coalesce(spending.spending_12m_count, 0) as spending_12m_count, spending.top_spending_category,
        spending.top_spending_channel, spending.top_spending_method, spending.spending_groceries_rate,
        spending.spending_dining_rate, spending.spending_travel_rate, spending.spending_fuel_rate,
        spending.spending_auto_rate, spending.spending_health_rate, spending.spending_education_rate,
        spending.spending_entertainment_rate, spending.spending_home_rate, spending.spending_fashion_rate,
        spending.spending_electronics_rate, spending.spending_utilities_rate, spending.spending_insurance_rate,
        spending.spending_children_rate, spending.spending_cash_rate, spending.spending_credit_card_rate,
        spending.spending_debit_card_rate, spending.spending_qr_rate, spending.spending_transfer_rate,
        spending.spending_bill_payment_rate, spending.spending_online_rate, spending.card_spending_abroad_rate,
        cash_flow.average_inflow_amount, cash_flow.average_outflow_amount, cash_flow.average_surplus_amount,
        cash_flow.recent_surplus_amount, cash_flow.savings_rate,
        coalesce(cash_flow.has_regular_salary, false) as has_regular_salary, cash_flow.salary_amount,
        cash_flow.salary_day_of_month, cash_flow.last_salary_date,
        behaviour.card_utilisation_rate, behaviour.card_utilisation_12m_rate, behaviour.is_minimum_payer,
        behaviour.revolving_month_12m_count, behaviour.missed_payment_12m_count, behaviour.card_interest_12m_amount,
        behaviour.cash_advance_12m_amount,
        coalesce(loans.loan_count, 0) as loan_count, loans.loan_outstanding_amount, loans.loan_instalment_amount,
        loans.loan_overdue_amount, loans.loan_next_due_date, loans.loan_days_past_due,
        coalesce(mortgages.mortgage_count, 0) as mortgage_count,
        coalesce(mortgages.mortgage_asset_count, 0) as mortgage_asset_count, mortgages.mortgage_asset_type,
        mortgages.mortgage_area_sqm, mortgages.mortgage_asset_value_amount, mortgages.mortgage_outstanding_amount,
        mortgages.mortgage_loan_to_value_rate, mortgages.mortgage_instalment_amount,
        mortgages.mortgage_next_due_date, mortgages.mortgage_days_past_due,
        coalesce(auto_loans.auto_loan_count, 0) as auto_loan_count, auto_loans.car_price_amount,
        auto_loans.car_segment, auto_loans.car_make, auto_loans.auto_loan_outstanding_amount,
        auto_loans.auto_loan_instalment_amount, auto_loans.auto_loan_next_due_date,
        auto_loans.auto_loan_days_past_due,
        coalesce(funds.fund_count, 0) as fund_count, funds.fund_value_amount, funds.fund_cost_amount,
        funds.fund_profit_loss_amount, funds.fund_return_rate, funds.fund_main_asset_class, funds.fund_valued_date,
        funds.risk_score, funds.risk_level, funds.is_risk_score_valid,
        coalesce(insurance.policy_count, 0) as policy_count,
        coalesce(insurance.life_policy_count, 0) as life_policy_count,
        coalesce(insurance.health_policy_count, 0) as health_policy_count,
        coalesce(insurance.tax_saving_policy_count, 0) as tax_saving_policy_count, insurance.life_coverage_amount,
        insurance.health_coverage_amount, insurance.yearly_premium_amount, insurance.tax_deductible_premium_amount,
        insurance.next_policy_end_date,
        coalesce(products.product_count, 0) as product_count,
        coalesce(products.product_family_count, 0) as product_family_count,
        coalesce(products.contract_count, 0) as contract_count, products.last_opened_date,
        engagement.last_seen_at, engagement.last_login_at,
        coalesce(engagement.active_day_30d_count, 0) as active_day_30d_count,
        coalesce(engagement.active_day_90d_count, 0) as active_day_90d_count,
        coalesce(engagement.visit_90d_count, 0) as visit_90d_count,
        coalesce(engagement.login_90d_count, 0) as login_90d_count,
        coalesce(engagement.search_90d_count, 0) as search_90d_count,
        coalesce(engagement.promotion_view_90d_count, 0) as promotion_view_90d_count,
        coalesce(engagement.promotion_click_90d_count, 0) as promotion_click_90d_count,
        coalesce(engagement.digital_engagement_band, 'none') as digital_engagement_band,
        engagement.top_content_interest, engagement.second_content_interest, engagement.online_purchase_rate,
        engagement.last_contact_at, engagement.last_contact_channel, engagement.last_contact_kind,
        coalesce(engagement.message_12m_count, 0) as message_12m_count,
        engagement.message_open_rate, engagement.message_click_rate, engagement.last_message_response_at,
        coalesce(engagement.open_case_count, 0) as open_case_count,
        coalesce(engagement.case_12m_count, 0) as case_12m_count,
        coalesce(engagement.complaint_12m_count, 0) as complaint_12m_count, engagement.last_case_at,
        engagement.last_case_topic, engagement.last_satisfaction_score,
        channels.channel as preferred_channel, channels.contact_rate as preferred_channel_rate,
        promotions.promotion_score, promotions.promotion_band, promotions.promotion_evidence_count,
        promotions.points_redeemed_rate, promotions.voucher_rate,
        wealth.score as wealth_score, wealth.band as wealth_band, wealth.method as wealth_method,
        married.probability as married_probability, married.band as married_band, married.method as married_method,
        age.band as age_band,
        age.confidence as age_confidence_rate, age.method as age_method,
        foreigner.probability as foreigner_probability, foreigner.band as foreigner_band,
        foreigner.method as foreigner_method,
        life_stages.life_stage, life_stages.has_child_sign,
        life_event.event_kind as life_event, life_event.event_date as life_event_date,
        life_event.probability as life_event_probability,
        household.household_id, household.member_count as household_member_count,
        lifetime_value.value_12m_amount as lifetime_value_12m_amount,
        lifetime_value.value_12m_low_amount as lifetime_value_12m_low_amount,
        lifetime_value.value_12m_high_amount as lifetime_value_12m_high_amount, lifetime_value.survival_12m_rate,
        lifetime_value.card_active_rate,
        if(retention.person_id is null, 'not scored', 'scored') as churn_state, retention.churn_probability,
        retention.churn_decile, retention.churn_reason_1, retention.churn_reason_2, retention.churn_reason_3,
        retention.as_of_date as churn_scored_date, retention.value_at_risk_amount as churn_value_at_risk_amount,
        retention.save_offer as churn_save_offer, offers.product_family as next_best_offer,
        offers.expected_margin_amount as next_best_offer_margin_amount, offers.reason_1 as next_best_offer_reason,
        rfm.recency_score, rfm.frequency_score, rfm.monetary_score, rfm.rfm_segment,
        personas.persona,
        coalesce(consents.has_email_marketing_consent, false) as has_email_marketing_consent,
        coalesce(consents.has_sms_marketing_consent, false) as has_sms_marketing_consent,
        coalesce(consents.has_push_marketing_consent, false) as has_push_marketing_consent,
        coalesce(consents.has_messenger_marketing_consent, false) as has_messenger_marketing_consent,
        coalesce(consents.has_ads_marketing_consent, false) as has_ads_marketing_consent,
        coalesce(consents.has_call_marketing_consent, false) as has_call_marketing_consent,
        coalesce(consents.has_analytics_consent, false) as has_analytics_consent,
        coalesce(consents.has_personalisation_consent, false) as has_personalisation_consent,
        coalesce(consents.has_third_party_sharing_consent, false) as has_third_party_sharing_consent,
        coalesce(consents.has_credit_offers_consent, false) as has_credit_offers_consent,
        consents.consent_changed_at, coalesce(consents.is_processing_restricted, false) as is_processing_restricted,
        cast(coalesce(profit.margin_amount, 0) as decimal(18, 2)) as margin_12m_amount,
        cast(coalesce(profit.margin_deposit_amount, 0) as decimal(18, 2)) as margin_deposit_12m_amount,
        cast(coalesce(profit.margin_credit_card_amount, 0) as decimal(18, 2)) as margin_credit_card_12m_amount,
        cast(coalesce(profit.margin_loan_amount, 0) as decimal(18, 2)) as margin_loan_12m_amount,
        cast(coalesce(profit.margin_fund_amount, 0) as decimal(18, 2)) as margin_fund_12m_amount,
        cast(coalesce(profit.margin_insurance_amount, 0) as decimal(18, 2)) as margin_insurance_12m_amount,
        '{{ setting("currency") }}' as currency_code
    from profiles
    cross join as_of
    left join months on profiles.person_id = months.person_id
    left join deposits on profiles.person_id = deposits.person_id
    left join cards on profiles.person_id = cards.person_id
    left join actions on profiles.person_id = actions.person_id
    left join income on profiles.person_id = income.person_id
    left join spending on profiles.person_id = spending.person_id
    left join cash_flow on profiles.person_id = cash_flow.person_id
    left join behaviour on profiles.person_id = behaviour.person_id
    left join loans on profiles.person_id = loans.person_id
    left join mortgages on profiles.person_id = mortgages.person_id
    left join auto_loans on profiles.person_id = auto_loans.person_id
    left join funds on profiles.person_id = funds.person_id
    left join insurance on profiles.person_id = insurance.person_id
    left join products on profiles.person_id = products.person_id
    left join engagement on profiles.person_id = engagement.person_id
    left join promotions on profiles.person_id = promotions.person_id
    left join wealth on profiles.person_id = wealth.person_id
    left join married on profiles.person_id = married.person_id
    left join age on profiles.person_id = age.person_id
    left join foreigner on profiles.person_id = foreigner.person_id
    left join life_stages on profiles.person_id = life_stages.person_id
    left join household on profiles.person_id = household.person_id
    left join lifetime_value on profiles.person_id = lifetime_value.person_id
    left join retention on profiles.person_id = retention.person_id
    left join offers on profiles.person_id = offers.person_id
    left join consents on profiles.person_id = consents.person_id
    left join channels on profiles.person_id = channels.person_id
    left join rfm on profiles.person_id = rfm.person_id
    left join personas on profiles.person_id = personas.person_id
    left join life_event on profiles.person_id = life_event.person_id
    left join profit on profiles.person_id = profit.person_id
    left join spend_ranks on profiles.person_id = spend_ranks.person_id

)

select * from final
