{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['transaction_id'],
    post_hook=["{{ remember_seen() }}", "{{ remember_owners() }}"],
    on_schema_change='fail',
) }}
{%- set touched = touched_transactions() %}

with

movements as (

    select * from {{ ref('int_events__transactions') }}
    {% if is_incremental() -%}
    where transaction_id in (select transaction_id from {{ touched }})
    {%- endif %}

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where known_to_month_end_date = date '9999-12-31'

),

own_accounts as (

    select * from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'

),

calendar as (

    select min(month_end_date) as first_month_end_date, max(month_end_date) as last_month_end_date
    from {{ ref('int_customer__calendar') }}

),

first_deliveries as (

    select * from {{ ref('int_events__first_deliveries') }}

),

-- As in int_customer__monthly_flows: who owned the account at the end of the month.
placed as (

    select
        movements.*,
        case movements.ledger when 'deposit' then 'account' when 'credit_card' then 'card' else 'customer_number' end
            as holder_type,
        case movements.ledger
            when 'deposit' then movements.account_no when 'credit_card' then movements.card_token else movements.cif_no
        end as holder_no,
        greatest(least(movements.month_end_date, calendar.last_month_end_date), calendar.first_month_end_date)
            as owner_month_end_date
    from movements
    cross join calendar

),

final as (

    select
        placed.transaction_id,
        holders.person_id,
        placed.ledger,
        placed.source_name,
        placed.table_name,
        placed.record_id,
        placed.account_no,
        placed.card_token,
        placed.transacted_at,
        placed.transaction_date,
        placed.direction,
        placed.amount,
        cast(case placed.direction when 'inflow' then placed.amount else -placed.amount end as decimal(18, 2))
            as signed_amount,
        placed.currency_code,
        placed.transaction_type,
        placed.payment_type,
        placed.mcc,
        case when own_accounts.account_no is null then placed.spending_category end as spending_category,
        placed.channel,
        placed.is_internal_kind or own_accounts.account_no is not null as is_internal,
        placed.is_refund,
        placed.is_disputed,
        placed.payment_id,
        {{ known_at(
            'placed.transacted_at', 'first_deliveries.first_delivery_date', 'placed.first_ingested_at'
        ) }} as known_at
    from placed
    left join first_deliveries
        on placed.source_name = first_deliveries.source_name and placed.table_name = first_deliveries.table_name
    left join holders
        on placed.holder_type = holders.holder_type
        and placed.holder_no = holders.holder_no
        and placed.owner_month_end_date between holders.from_month_end_date and holders.to_month_end_date
    left join own_accounts
        on placed.counterparty_account_no = own_accounts.account_no
        and holders.person_id = own_accounts.person_id
        and placed.owner_month_end_date between own_accounts.from_month_end_date and own_accounts.to_month_end_date

)

select * from final
