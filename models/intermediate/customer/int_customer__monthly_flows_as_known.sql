{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months([
    'stg_core_banking__account_transactions', 'stg_cards__card_transactions', 'stg_payments__payments',
    'stg_core_banking__account_holders', 'stg_core_banking__customers', 'stg_cards__credit_cards',
]) %}

with

movements as (

    select * from {{ ref('int_customer__holder_months') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}

),

own_accounts as (

    select * from {{ ref('int_customer__account_owners') }}

),

-- Each month with the twelve months that end with it, as far as there are data.
windows as (

    select
        *,
        months_before = 0 as is_newest,
        months_before < 3 as is_recent
    from {{ ref('int_customer__month_pairs') }}
    where
        months_before < 12
        {% if is_incremental() -%}
        and closing_month_end_date in (select month_end_date from {{ touched }})
        {%- endif %}

),

-- The movements of twelve months as they were known at the closing of the last of them.
known as (

    select movements.*, windows.* exclude (month_end_date)
    from movements
    inner join windows on movements.month_end_date = windows.month_end_date
    where
        movements.known_month_end_date <= windows.closing_month_end_date
        and coalesce(movements.superseded_month_end_date > windows.closing_month_end_date, true)

),

-- And whose they were, as that was known then.
owned as (

    select
        known.*,
        holders.person_id,
        own_accounts.account_no is not null as is_own_transfer
    from known
    inner join holders
        on known.holder_type = holders.holder_type
        and known.holder_no = holders.holder_no
        and known.month_end_date between holders.from_month_end_date and holders.to_month_end_date
        and known.closing_month_end_date
        between holders.known_from_month_end_date and holders.known_to_month_end_date
    left join own_accounts
        on known.counterparty_account_no = own_accounts.account_no
        and holders.person_id = own_accounts.person_id
        and known.month_end_date between own_accounts.from_month_end_date and own_accounts.to_month_end_date
        and known.closing_month_end_date
        between own_accounts.known_from_month_end_date and own_accounts.known_to_month_end_date

),

final as (

    select
        person_id,
        closing_month_end_date as month_end_date,
        as_of_date,
        is_closed,
        coalesce(sum(inflow_amount) filter (where is_newest and not is_own_transfer), 0) as inflow_amount,
        coalesce(sum(outflow_amount) filter (where is_newest and not is_own_transfer), 0) as outflow_amount,
        coalesce(sum(salary_amount) filter (where is_newest), 0) as salary_amount,
        coalesce(sum(card_spend_amount) filter (where is_newest), 0) as card_spend_amount,
        coalesce(sum(transaction_count) filter (where is_newest), 0) as transaction_count,
        coalesce(sum(card_purchase_count) filter (where is_newest), 0) as card_purchase_count,
        coalesce(sum(inflow_amount) filter (where is_recent and not is_own_transfer), 0) as inflow_3m_amount,
        coalesce(sum(outflow_amount) filter (where is_recent and not is_own_transfer), 0) as outflow_3m_amount,
        coalesce(sum(card_spend_amount) filter (where is_recent), 0) as card_spend_3m_amount,
        sum(card_spend_amount) as card_spend_12m_amount,
        max(last_transaction_date) as last_transaction_date
    from owned
    group by person_id, closing_month_end_date, as_of_date, is_closed

)

select * from final
