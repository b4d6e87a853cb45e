{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['card_token', 'month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_groups({'stg_cards__card_transactions': [
    'select card_token, last_day(' ~ local_date('authorised_at') ~ ') as month_end_date from changed'
]}) %}

with

versions as (

    select
        transactions.*,
        last_day(transactions.transaction_date) as month_end_date
    from {{ ref('int_events__card_versions') }} as transactions
    {% if is_incremental() -%}
    semi join {{ touched }} as touched
        on transactions.card_token = touched.card_token
        and last_day(transactions.transaction_date) = touched.month_end_date
    {%- endif %}
    {{ since_touched(touched, 'transactions.authorised_at', 'where') }}

),

mcc_groups as (

    select * from {{ ref('mcc_groups') }}

),

final as (

    select
        versions.card_token,
        versions.month_end_date,
        versions.transaction_date as purchase_date,
        coalesce(mcc_groups.spending_category, 'other') as spending_category,
        versions.currency_code,
        count(*) as purchase_count,
        sum(versions.amount) as purchase_amount,
        -- In a shop abroad; who orders abroad may sit at home.
        count(*) filter (
            where versions.merchant_country_code != '{{ setting("country") }}'
                and versions.entry_mode in ('chip', 'contactless', 'magstripe')
        ) as abroad_count
    from versions
    left join mcc_groups on versions.mcc = mcc_groups.mcc
    where versions.transaction_type = 'purchase' and versions.superseded_at is null
    group by
        versions.card_token, versions.month_end_date, versions.transaction_date,
        coalesce(mcc_groups.spending_category, 'other'), versions.currency_code

)

select * from final
