{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['cif_no', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set of_postings = 'select cif_no, last_day(' ~ local_date('paid_at') ~ ') as month_end_date from '
    ~ ref('stg_payments__payments') ~ ' where cif_no is not null and payment_id in (select payment_id from changed)' %}
{%- set touched = touched_groups({
    'stg_payments__payments': [
        'select cif_no, last_day(' ~ local_date('paid_at') ~ ') as month_end_date from changed where cif_no is not null'
    ],
    'stg_core_banking__account_transactions': [of_postings],
    'stg_cards__card_transactions': [of_postings],
}) %}

with

postings as (

    select payment_id, _ingested_at, _superseded_at from {{ ref('stg_core_banking__account_transactions') }}
    union all
    select payment_id, _ingested_at, _superseded_at from {{ ref('int_superseded__account_transactions') }}
    union all
    select payment_id, _ingested_at, _superseded_at from {{ ref('stg_cards__card_transactions') }}
    union all
    select payment_id, _ingested_at, _superseded_at from {{ ref('int_superseded__card_transactions') }}

),

versions as (

    select payments.*, last_day(payments.transaction_date) as month_end_date
    from {{ ref('int_events__payment_versions') }} as payments
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on payments.cif_no = touched.cif_no and last_day(payments.transaction_date) = touched.month_end_date
    {%- endif %}
    where
        payments.payment_status = 'completed'
        and payments.cif_no is not null
        {{ since_touched(touched, 'payments.paid_at') }}

),

-- While a ledger here has booked a payment, it is counted there.
bookings as (

    select
        payment_id,
        min(_ingested_at) as booked_at,
        case when count(*) = count(_superseded_at) then max(_superseded_at) end as unbooked_at
    from postings
    where payment_id in (select payment_id from versions)
    group by payment_id

),

uncounted as (

    select versions.* replace (least(versions.superseded_at, bookings.booked_at) as superseded_at)
    from versions
    left join bookings on versions.payment_id = bookings.payment_id
    where bookings.booked_at is null or cast(bookings.booked_at as date) > cast(versions._ingested_at as date)

    union all

    select versions.* replace (greatest(versions.known_at, bookings.unbooked_at) as known_at)
    from versions
    inner join bookings on versions.payment_id = bookings.payment_id
    where coalesce(bookings.unbooked_at < versions.superseded_at, bookings.unbooked_at is not null)

),

placed as (

    select
        *,
        {{ known_month('known_at', 'month_end_date') }} as known_month_end_date,
        {{ known_month('superseded_at', 'month_end_date') }} as superseded_month_end_date
    from uncounted

),

final as (

    select
        cif_no,
        month_end_date,
        known_month_end_date,
        superseded_month_end_date,
        currency_code,
        sum(amount) as outflow_amount,
        count(*) as transaction_count,
        max(case when paid_at <= _ingested_at then transaction_date end) as last_transaction_date
    from placed
    where superseded_month_end_date is null or superseded_month_end_date > known_month_end_date
    group by all

)

select * from final
