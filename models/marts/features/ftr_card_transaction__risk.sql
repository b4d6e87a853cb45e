{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['card_token', 'transaction_date'],
    post_hook="{{ remember_seen() }}",
    on_schema_change='fail',
) }}
{#- What came late or was corrected is in the history of the 90 days after it. -#}
{%- set touched = touched_groups({'stg_cards__card_transactions': [
    'select card_token, transaction_date from changed',
    'select rows.card_token, rows.transaction_date from ' ~ ref('int_events__card_authorisations') ~ ' as rows inner join '
    ~ '(select card_token, min(transaction_date) as since_date from changed group by card_token) as cards '
    ~ 'on rows.card_token = cards.card_token and rows.transaction_date between cards.since_date and cards.since_date + 91',
]}, log='int_events__card_changes') %}

with

authorisations as (

    select * from {{ ref('int_events__card_authorisations') }}
    {% if is_incremental() -%}
    where
        card_token in (select card_token from {{ touched }})
        and transaction_date >= (select min(transaction_date) - 91 from {{ touched }})
    {%- endif %}

),

merchant_days as (

    select * from {{ ref('int_events__merchant_days') }}

),

-- Of a card only what was authorised before counts: its issuer sees that at once, before it is delivered.
histories as (

    select
        *,
        date_diff('minute', {{ local_midnight('transaction_date') }}, authorised_at) // 60 as hour_of_day,
        count(*) over hour as card_1h_count,
        count(*) over day as card_24h_count,
        count(*) over week as card_7d_count,
        count(*) over quarter as card_90d_count,
        sum(amount) over hour as card_1h_amount,
        sum(amount) over day as card_24h_amount,
        sum(amount) over week as card_7d_amount,
        count(*) filter (where not is_approved) over day as declined_24h_count,
        count(*) filter (where entry_mode = 'ecommerce') over quarter as online_90d_count,
        count(*) filter (where country_code != '{{ setting("country") }}') over quarter as abroad_90d_count,
        -- Squares of 18 digits don't fit into 18; those of 19 are kept in 38.
        sum(cast(amount as decimal(19, 2)) * cast(amount as decimal(19, 2))) over quarter as squared_amount,
        sum(amount) over quarter as card_90d_amount,
        max(amount) over quarter as highest_amount,
        last_value(authorised_at) over quarter as last_authorised_at,
        last_value(country_code) over quarter as last_country_code,
        lag(authorised_at) over at_merchant as last_at_merchant_at,
        lag(authorised_at) over in_country as last_in_country_at,
        lag(authorised_at) over at_terminal as last_at_terminal_at,
        lag(authorised_at) over in_category as last_in_category_at
    from authorisations
    window
        hour as (by_time range between interval 1 hour preceding and interval 1 microsecond preceding),
        day as (by_time range between interval 24 hour preceding and interval 1 microsecond preceding),
        week as (by_time range between interval 7 day preceding and interval 1 microsecond preceding),
        quarter as (by_time range between interval 90 day preceding and interval 1 microsecond preceding),
        by_time as (partition by card_token order by authorised_at),
        at_merchant as (partition by card_token, merchant_id order by authorised_at, card_transaction_id),
        at_terminal as (partition by card_token, terminal_id order by authorised_at, card_transaction_id),
        in_country as (partition by card_token, country_code order by authorised_at, card_transaction_id),
        in_category as (partition by card_token, spending_category order by authorised_at, card_transaction_id)

),

rows_now as (

    select
        histories.*,
        histories.card_90d_amount / nullif(histories.card_90d_count, 0) as mean_amount,
        -- Of sums of decimals, which are the same in any order; equal amounts deviate by nothing.
        round(sqrt(greatest(
            histories.squared_amount - cast(histories.card_90d_amount as double) ** 2 / histories.card_90d_count, 0
        ) / nullif(histories.card_90d_count - 1, 0)), 2) as deviation
    from histories
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on histories.card_token = touched.card_token and histories.transaction_date = touched.transaction_date
    {%- endif %}

),

-- Of a merchant what had arrived on the days before counts: of other people's cards, and of frauds once reported.
merchants as (

    select
        visits.merchant_id,
        visits.transaction_date,
        sum(merchant_days.transaction_count) as transaction_count,
        sum(merchant_days.reported_count) as reported_count
    from (select merchant_id, transaction_date from rows_now group by all) as visits
    inner join merchant_days
        on visits.merchant_id = merchant_days.merchant_id
        and merchant_days.known_date between visits.transaction_date - 90 and visits.transaction_date - 1
    group by visits.merchant_id, visits.transaction_date

),

final as (

    select
        rows_now.card_transaction_id, rows_now.card_token, rows_now.authorised_at, rows_now.transaction_date,
        rows_now.transaction_type, rows_now.is_approved, rows_now.reported_at,
        cast(rows_now.amount as decimal(18, 2)) as amount, rows_now.currency_code, rows_now.entry_mode,
        coalesce(rows_now.spending_category, 'unknown') as spending_category,
        cast(rows_now.hour_of_day as integer) as hour_of_day,
        rows_now.hour_of_day < 6 as is_at_night,
        rows_now.transaction_type = 'cash_advance' as is_cash_advance,
        rows_now.entry_mode in ('ecommerce', 'recurring') as is_online,
        rows_now.country_code != '{{ setting("country") }}' as is_abroad,
        cast(rows_now.card_1h_count as integer) as card_1h_count,
        cast(rows_now.card_24h_count as integer) as card_24h_count,
        cast(rows_now.card_7d_count as integer) as card_7d_count,
        cast(rows_now.card_90d_count as integer) as card_90d_count,
        cast(coalesce(rows_now.card_1h_amount, 0) as decimal(18, 2)) as card_1h_amount,
        cast(coalesce(rows_now.card_24h_amount, 0) as decimal(18, 2)) as card_24h_amount,
        cast(coalesce(rows_now.card_7d_amount, 0) as decimal(18, 2)) as card_7d_amount,
        cast(rows_now.declined_24h_count as integer) as card_declined_24h_count,
        cast(rows_now.online_90d_count as integer) as card_online_90d_count,
        cast(rows_now.abroad_90d_count as integer) as card_abroad_90d_count,
        cast(date_diff('minute', rows_now.last_authorised_at, rows_now.authorised_at) as integer)
            as card_idle_minutes,
        rows_now.amount / nullif(rows_now.mean_amount, 0) as amount_to_mean_ratio,
        (rows_now.amount - rows_now.mean_amount) / nullif(rows_now.deviation, 0) as amount_deviations,
        rows_now.amount > rows_now.highest_amount as is_highest,
        coalesce(rows_now.last_country_code != rows_now.country_code, false) as is_country_changed,
        coalesce(rows_now.last_at_merchant_at < rows_now.authorised_at - interval 90 day, true) as is_new_merchant,
        coalesce(rows_now.last_in_country_at < rows_now.authorised_at - interval 90 day, true) as is_new_country,
        rows_now.terminal_id is not null
        and coalesce(rows_now.last_at_terminal_at < rows_now.authorised_at - interval 90 day, true) as is_new_terminal,
        coalesce(rows_now.last_in_category_at < rows_now.authorised_at - interval 90 day, true) as is_new_category,
        cast(coalesce(merchants.transaction_count, 0) as integer) as merchant_90d_count,
        cast(coalesce(merchants.reported_count, 0) as integer) as merchant_reported_90d_count,
        cast(merchants.reported_count / nullif(merchants.transaction_count, 0) as double) as merchant_reported_ratio
    from rows_now
    left join merchants
        on rows_now.merchant_id = merchants.merchant_id and rows_now.transaction_date = merchants.transaction_date

)

select * from final
