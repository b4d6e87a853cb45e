{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months(['stg_cards__card_statements', 'stg_cards__credit_cards']) %}

with

pairs as (

    select * from {{ ref('int_customer__month_pairs') }}
    {% if is_incremental() -%}
    where closing_month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

statements as (

    select * from {{ ref('stg_cards__card_statements') }}
    where currency_code = '{{ setting("currency") }}'
    union all by name
    select * from {{ ref('int_superseded__card_statements') }}
    where currency_code = '{{ setting("currency") }}'

),

cards as (

    select card_token, closed_date, _ingested_at, _superseded_at from {{ ref('stg_cards__credit_cards') }}
    union all
    select card_token, closed_date, _ingested_at, _superseded_at from {{ ref('int_superseded__credit_cards') }}

),

first_delivery as (

    select
        max(first_delivery_date) filter (where table_name = 'card_statements') as statements_date,
        max(first_delivery_date) filter (where table_name = 'credit_cards') as cards_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'cards'

),

-- What was billed before the first month of data belongs to it.
versions as (

    select
        statements.*,
        greatest(last_day(statements.statement_date), (select min(month_end_date) from pairs)) as month_end_date,
        {{ known_at('statements.statement_date', 'first_delivery.statements_date', 'statements._ingested_at') }}
            as known_at
    from statements
    cross join first_delivery

),

closures as (

    select
        cards.*,
        {{ known_at('cards.closed_date', 'first_delivery.cards_date', 'cards._ingested_at') }} as known_at
    from cards
    cross join first_delivery
    where cards.closed_date is not null

),

standing as (

    select
        versions.card_token,
        pairs.closing_month_end_date as month_end_date,
        pairs.as_of_date,
        pairs.is_closed,
        pairs.closes_at,
        max_by(
            versions.closing_balance_amount,
            (versions.statement_date, versions.card_statement_id, versions._ingested_at)
        ) as closing_balance_amount,
        max_by(
            versions.credit_limit_amount,
            (versions.statement_date, versions.card_statement_id, versions._ingested_at)
        ) as credit_limit_amount
    from versions
    inner join pairs on versions.month_end_date = pairs.month_end_date
    where
        versions.statement_date <= pairs.as_of_date
        and versions.known_at < pairs.closes_at
        and coalesce(versions._superseded_at >= pairs.closes_at, true)
    group by all

),

-- What a statement says stands until the next one, and until the card is known to be closed.
final as (

    select
        standing.card_token,
        standing.month_end_date,
        standing.as_of_date,
        standing.is_closed,
        standing.closing_balance_amount,
        standing.credit_limit_amount
    from standing
    anti join closures
        on standing.card_token = closures.card_token
        and standing.month_end_date >= date_trunc('month', closures.closed_date)
        and standing.closes_at > closures.known_at
        and standing.closes_at <= coalesce(closures._superseded_at, timestamp '9999-12-31')

)

select * from final
