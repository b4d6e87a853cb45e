{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
    on_schema_change='fail',
) }}
{%- set touched = touched_months([
    'stg_core_banking__account_transactions', 'stg_cards__card_transactions', 'stg_core_banking__account_holders',
    'stg_core_banking__customers', 'stg_cards__credit_cards',
]) %}

with

months as (

    select * from {{ ref('int_customer__calendar') }}
    {% if is_incremental() -%}
    where month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

versions as (

    select * from {{ ref('int_events__movement_versions') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}

),

own_accounts as (

    select * from {{ ref('int_customer__account_owners') }}

),

-- What became known adds, what was superseded takes away what it had added.
changes as (

    select
        versions.*,
        versions.known_at as changed_at,
        1 as sign
    from versions
    where coalesce(versions.superseded_at > versions.known_at, true)

    union all

    select
        versions.*,
        versions.superseded_at as changed_at,
        -1 as sign
    from versions
    where versions.superseded_at > versions.known_at

),

placed as (

    select
        changes.*,
        {{ local_date('changes.changed_at') }} as known_date,
        last_day(changes.transaction_date) as owner_month_end_date,
        {{ known_month('changes.changed_at', 'last_day(changes.transaction_date)') }} as month_end_date
    from changes

),

owned as (

    select
        placed.*,
        months.as_of_date,
        months.is_closed,
        holders.person_id,
        own_accounts.account_no is not null as is_own_transfer
    from placed
    inner join months on placed.month_end_date = months.month_end_date
    inner join holders
        on placed.holder_type = holders.holder_type
        and placed.holder_no = holders.holder_no
        and placed.owner_month_end_date between holders.from_month_end_date and holders.to_month_end_date
        and placed.month_end_date between holders.known_from_month_end_date and holders.known_to_month_end_date
    left join own_accounts
        on placed.counterparty_account_no = own_accounts.account_no
        and holders.person_id = own_accounts.person_id
        and placed.owner_month_end_date between own_accounts.from_month_end_date and own_accounts.to_month_end_date
        and placed.month_end_date
        between own_accounts.known_from_month_end_date and own_accounts.known_to_month_end_date

),

final as (

    select
        person_id,
        transaction_date as activity_date,
        greatest(known_date, transaction_date) as known_date,
        month_end_date,
        as_of_date,
        is_closed,
        cast(sum(case when is_own_transfer then 0 else sign * inflow_amount end) as decimal(18, 2)) as inflow_amount,
        cast(sum(case when is_own_transfer then 0 else sign * outflow_amount end) as decimal(18, 2)) as outflow_amount,
        cast(sum(sign * card_spend_amount) as decimal(18, 2)) as card_spend_amount,
        cast(sum(sign) as integer) as transaction_count,
        cast(sum(sign * card_purchase_count) as integer) as card_purchase_count,
        '{{ setting("currency") }}' as currency_code
    from owned
    group by person_id, transaction_date, greatest(known_date, transaction_date), month_end_date, as_of_date, is_closed

)

select * from final
