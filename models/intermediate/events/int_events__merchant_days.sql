{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['known_date'],
    post_hook="{{ remember_seen() }}",
) }}
{#- What came with the first delivery is known on its own day. -#}
{%- set touched = touched_groups({'stg_cards__card_transactions': [
    'select ' ~ local_date('changed_at') ~ ' as known_date from changed',
    'select ' ~ local_date('authorised_at') ~ ' as known_date from changed',
]}) %}

with

versions as (

    select card_transaction_id, merchant_id, authorised_at, is_disputed, _first_ingested_at, _ingested_at
    from {{ versions_of('stg_cards__card_transactions', 'int_superseded__card_transactions') }} as versions
    where transaction_type in ('purchase', 'cash_advance') and merchant_id is not null

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'cards' and table_name = 'card_transactions'

),

-- A transaction counts at its merchant once, when it was known first, and once more when it was reported first.
seen as (

    select
        versions.card_transaction_id,
        min_by(versions.merchant_id, versions._ingested_at) as merchant_id,
        min({{ known_at(
            'versions.authorised_at', 'first_delivery.first_delivery_date', 'versions._first_ingested_at'
        ) }}) as known_at,
        min(versions._ingested_at) filter (where versions.is_disputed) as reported_at
    from versions
    cross join first_delivery
    group by versions.card_transaction_id

),

days as (

    select merchant_id, {{ local_date('known_at') }} as known_date, 1 as transaction_count, 0 as reported_count
    from seen

    union all

    select merchant_id, {{ local_date('reported_at') }} as known_date, 0 as transaction_count, 1 as reported_count
    from seen
    where reported_at is not null

),

final as (

    select
        merchant_id,
        known_date,
        sum(transaction_count) as transaction_count,
        sum(reported_count) as reported_count
    from days
    {% if is_incremental() -%}
    where known_date in (select known_date from {{ touched }})
    {%- endif %}
    group by merchant_id, known_date

)

select * from final
