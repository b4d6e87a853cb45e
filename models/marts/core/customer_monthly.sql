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
    'stg_cards__card_statements', 'stg_cards__card_transactions', 'stg_payments__payments',
]) %}

with

months as (

    select * from {{ ref('int_customer__months_as_known') }}
    {% if is_incremental() -%}
    where month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

flows as (

    select * from {{ ref('int_customer__monthly_flows_as_known') }}

),

holdings as (

    select * from {{ ref('int_customer__holdings_as_known') }}

),

holders as (

    select
        'account' as holder_type, account_no as holder_no, person_id, from_month_end_date, to_month_end_date,
        known_from_month_end_date, known_to_month_end_date
    from {{ ref('int_customer__account_owners') }}

    union all

    select
        holder_type, holder_no, person_id, from_month_end_date, to_month_end_date,
        known_from_month_end_date, known_to_month_end_date
    from {{ ref('int_customer__holders') }}
    where holder_type = 'card'

),

versions as (

    select * from {{ ref('int_customer__holding_versions') }}

),

-- Zero is who owns no account at the month's end; who owns one whose balance nobody sent is unknown. The same holds for
-- cards. A right outlives its account, so what was known of the account decides.
owning as (

    select
        months.person_id,
        months.month_end_date,
        bool_or(holders.holder_type = 'account') as has_account,
        bool_or(holders.holder_type = 'card') as has_card
    from months
    inner join holders
        on months.person_id = holders.person_id
        and months.month_end_date between holders.from_month_end_date and holders.to_month_end_date
        and months.month_end_date between holders.known_from_month_end_date and holders.known_to_month_end_date
    left join versions
        on holders.holder_type = versions.holder_type
        and holders.holder_no = versions.holder_no
        and versions.known_from_at < {{ closes_at('months.month_end_date') }}
        and {{ closes_at('months.month_end_date') }} <= coalesce(versions.known_until_at, timestamp 'infinity')
    where
        coalesce(versions.opened_date <= months.as_of_date, true)
        and coalesce(versions.closed_month_date > months.month_end_date, true)
    group by months.person_id, months.month_end_date

),

final as (

    select
        months.person_id,
        months.month_end_date,
        months.as_of_date,
        months.is_closed,
        cast(coalesce(holdings.deposit_balance_amount, case when owning.has_account is not true then 0 end)
            as decimal(18, 2)) as deposit_balance_amount,
        cast(coalesce(holdings.deposit_account_count, 0) as integer) as deposit_account_count,
        cast(coalesce(holdings.card_balance_amount, case when owning.has_card is not true then 0 end)
            as decimal(18, 2)) as card_balance_amount,
        cast(coalesce(holdings.card_limit_amount, case when owning.has_card is not true then 0 end)
            as decimal(18, 2)) as card_limit_amount,
        cast(coalesce(flows.inflow_amount, 0) as decimal(18, 2)) as inflow_amount,
        cast(coalesce(flows.outflow_amount, 0) as decimal(18, 2)) as outflow_amount,
        cast(coalesce(flows.salary_amount, 0) as decimal(18, 2)) as salary_amount,
        cast(coalesce(flows.card_spend_amount, 0) as decimal(18, 2)) as card_spend_amount,
        cast(coalesce(flows.transaction_count, 0) as integer) as transaction_count,
        cast(coalesce(flows.card_purchase_count, 0) as integer) as card_purchase_count,
        cast(coalesce(flows.inflow_3m_amount, 0) as decimal(18, 2)) as inflow_3m_amount,
        cast(coalesce(flows.outflow_3m_amount, 0) as decimal(18, 2)) as outflow_3m_amount,
        cast(coalesce(flows.card_spend_3m_amount, 0) as decimal(18, 2)) as card_spend_3m_amount,
        cast(coalesce(flows.card_spend_12m_amount, 0) as decimal(18, 2)) as card_spend_12m_amount,
        flows.last_transaction_date,
        '{{ setting("currency") }}' as currency_code
    from months
    left join flows on months.person_id = flows.person_id and months.month_end_date = flows.month_end_date
    left join holdings on months.person_id = holdings.person_id and months.month_end_date = holdings.month_end_date
    left join owning on months.person_id = owning.person_id and months.month_end_date = owning.month_end_date

)

select * from final
