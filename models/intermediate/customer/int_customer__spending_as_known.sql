{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months([
    'stg_core_banking__account_transactions', 'stg_cards__card_transactions', 'stg_core_banking__account_holders',
    'stg_core_banking__customers', 'stg_cards__credit_cards',
]) %}

with

kinds as (

    select * from {{ ref('int_events__spending_kinds') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}

),

windows as (

    select * from {{ ref('int_customer__month_pairs') }}
    where
        months_before < 3
        {% if is_incremental() -%}
        and closing_month_end_date in (select month_end_date from {{ touched }})
        {%- endif %}

),

-- Three months as they were known at the closing of the last of them, and whose they were known to be.
owned as (

    select
        kinds.*,
        windows.* exclude (month_end_date),
        holders.person_id
    from kinds
    inner join windows on kinds.month_end_date = windows.month_end_date
    inner join holders
        on kinds.holder_type = holders.holder_type
        and kinds.holder_no = holders.holder_no
        and kinds.month_end_date between holders.from_month_end_date and holders.to_month_end_date
        and windows.closing_month_end_date
        between holders.known_from_month_end_date and holders.known_to_month_end_date
    where
        kinds.known_month_end_date <= windows.closing_month_end_date
        and coalesce(kinds.superseded_month_end_date > windows.closing_month_end_date, true)

),

final as (

    select
        person_id,
        closing_month_end_date as month_end_date,
        as_of_date,
        is_closed,
        sum(amount) filter (where kind = 'card') as card_amount,
        sum(amount) filter (where kind = 'debit_card') as debit_card_amount,
        sum(amount) filter (where kind = 'cash') as cash_amount,
        sum(amount) filter (where kind = 'transfer') as transfer_amount,
        sum(amount) filter (where kind = 'bill') as bill_amount,
        {% for category in [
            'groceries', 'dining', 'travel', 'fuel', 'health', 'education', 'home', 'fashion', 'electronics', 'children'
        ] -%}
        sum(amount) filter (where kind = 'card' and category = '{{ category }}') as {{ category }}_amount,
        {% endfor -%}
        sum(amount) filter (where kind = 'card' and is_online) as online_amount,
        sum(amount) filter (where kind = 'card' and is_abroad) as abroad_amount
    from owned
    group by person_id, closing_month_end_date, as_of_date, is_closed

)

select * from final
