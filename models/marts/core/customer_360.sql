with

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

months as (

    select * from {{ ref('customer_monthly_restated') }}
    qualify row_number() over (partition by person_id order by month_end_date desc) = 1

),

deposits as (

    select * from {{ ref('int_customer__deposit_holdings') }}

),

cards as (

    select * from {{ ref('int_customer__card_holdings') }}

),

behaviour as (

    select * from {{ ref('int_customer__card_behaviour') }}

),

actions as (

    select * from {{ ref('int_customer__last_actions') }}

),

income as (

    select * from {{ ref('indicator_income') }}

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
        profiles.person_id,
        as_of.as_of_date,
        nullif(concat_ws(' ', profiles.first_name, profiles.last_name), '') as full_name,
        nullif(concat_ws(' ', profiles.first_name_latin, profiles.last_name_latin), '') as full_name_latin,
        profiles.date_of_birth,
        cast(date_sub('year', profiles.date_of_birth, as_of.as_of_date) as integer) as age_years,
        profiles.gender,
        profiles.marital_status,
        profiles.nationality,
        profiles.mobile_phone as phone,
        profiles.email,
        profiles.occupation,
        profiles.province,
        profiles.declared_income_amount,
        income.value_amount as income_amount,
        income.score as income_score,
        income.band as income_band,
        income.method as income_method,
        profiles.member_id,
        cast(profiles.customer_number_count as integer) as customer_number_count,
        profiles.registered_at,
        profiles.closed_at,
        profiles.closed_at is null as is_active_relationship,
        cast(date_sub('month', profiles.registered_at, as_of.as_of_date) as integer) as tenure_months,
        months.deposit_balance_amount,
        cast(coalesce(deposits.open_account_count, 0) as integer) as deposit_account_count,
        coalesce(deposits.holds_e_savings, false) as holds_e_savings,
        coalesce(deposits.holds_super_savings, false) as holds_super_savings,
        coalesce(deposits.holds_daily_flow_current, false) as holds_daily_flow_current,
        coalesce(deposits.holds_fixed_deposit_5y, false) as holds_fixed_deposit_5y,
        coalesce(deposits.holds_fixed_deposit_7y, false) as holds_fixed_deposit_7y,
        coalesce(deposits.holds_fixed_deposit_10y, false) as holds_fixed_deposit_10y,
        actions.last_deposit_action,
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
        cast(coalesce(cards.open_card_count, 0) as integer) as credit_card_count,
        cards.credit_limit_amount,
        cards.credit_used_amount,
        cast(cards.credit_limit_amount - cards.credit_used_amount as decimal(18, 2)) as credit_available_amount,
        cards.points_balance,
        coalesce(cards.holds_platinum_card, false) as holds_platinum_card,
        coalesce(cards.holds_diamond_card, false) as holds_diamond_card,
        coalesce(cards.holds_gold_card, false) as holds_gold_card,
        coalesce(cards.holds_silver_card, false) as holds_silver_card,
        coalesce(cards.holds_shopping_card, false) as holds_shopping_card,
        coalesce(cards.holds_auto_card, false) as holds_auto_card,
        coalesce(months.card_spend_12m_amount, 0) as card_spend_12m_amount,
        actions.last_card_action,
        actions.last_card_action_at,
        coalesce(months.inflow_3m_amount, 0) as inflow_3m_amount,
        coalesce(months.outflow_3m_amount, 0) as outflow_3m_amount,
        '{{ setting("currency") }}' as currency_code
    from profiles
    cross join as_of
    left join months on profiles.person_id = months.person_id
    left join deposits on profiles.person_id = deposits.person_id
    left join cards on profiles.person_id = cards.person_id
    left join behaviour on profiles.person_id = behaviour.person_id
    left join actions on profiles.person_id = actions.person_id
    left join income on profiles.person_id = income.person_id
    left join spend_ranks on profiles.person_id = spend_ranks.person_id

)

select * from final
