{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months(
    ['stg_cards__card_statements', 'stg_cards__credit_cards', 'stg_core_banking__customers']
) %}

with

pairs as (

    select * from {{ ref('int_customer__month_pairs') }}
    where
        months_before < 13
        {% if is_incremental() -%}
        and closing_month_end_date in (select month_end_date from {{ touched }})
        {%- endif %}

),

statements as (

    select * from {{ versions_of('stg_cards__card_statements', 'int_superseded__card_statements') }} as versions
    where currency_code = '{{ setting("currency") }}'

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'cards' and table_name = 'card_statements'

),

versions as (

    select
        statements.*,
        last_day(statements.statement_date) as month_end_date,
        {{ known_at('statements.statement_date', 'first_delivery.first_delivery_date', 'statements._ingested_at') }}
            as known_at
    from statements
    cross join first_delivery

),

open_cards as (

    select * from {{ ref('int_customer__statements_as_known') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where holder_type = 'card'

),

-- As in int_customer__card_behaviour: what a statement asked for shows in the next one.
known as (

    select
        versions.*,
        pairs.* exclude (month_end_date),
        greatest(coalesce(versions.repayments_amount, 0), 0) as repaid_amount,
        lag(versions.minimum_due_amount) over by_card as asked_amount,
        row_number() over by_card_backwards as recency
    from versions
    inner join pairs on versions.month_end_date = pairs.month_end_date
    where
        versions.statement_date <= pairs.as_of_date
        and versions.known_at < pairs.closes_at
        and coalesce(versions._superseded_at >= pairs.closes_at, true)
    window
        by_card as (
            partition by versions.card_token, pairs.closing_month_end_date
            order by versions.statement_date, versions.card_statement_id
        ),
        by_card_backwards as (
            partition by versions.card_token, pairs.closing_month_end_date
            order by versions.statement_date desc, versions.card_statement_id desc
        )

),

final as (

    select
        holders.person_id, known.closing_month_end_date as month_end_date, known.as_of_date, known.is_closed,
        sum(known.closing_balance_amount) filter (where known.recency = 1) as owed_amount,
        sum(known.credit_limit_amount) filter (where known.recency = 1) as limit_amount,
        -- A sum of decimals is the same in any order.
        sum(cast(known.closing_balance_amount / nullif(known.credit_limit_amount, 0) as decimal(18, 9)))
        / count(nullif(known.credit_limit_amount, 0)) as utilisation_12m_rate,
        sum(known.points_balance) filter (where known.recency = 1) as points_balance,
        count(distinct known.month_end_date) filter (
            where known.months_before < 12 and known.opening_balance_amount > known.repaid_amount
        ) as revolving_month_12m_count,
        count(distinct known.month_end_date) filter (
            where known.months_before < 12 and known.asked_amount > known.repaid_amount
        ) as missed_payment_12m_count,
        coalesce(sum(known.interest_amount), 0) as card_interest_12m_amount,
        coalesce(sum(known.cash_advance_amount), 0) as cash_advance_12m_amount
    from known
    semi join open_cards
        on known.card_token = open_cards.card_token and known.closing_month_end_date = open_cards.month_end_date
    inner join holders
        on known.card_token = holders.holder_no
        and known.closing_month_end_date between holders.known_from_month_end_date and holders.known_to_month_end_date
    where known.recency <= 12
    group by holders.person_id, known.closing_month_end_date, known.as_of_date, known.is_closed

)

select * from final
