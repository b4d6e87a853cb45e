{{ config(materialized='view') }}

with

postings as (

    select * from {{ ref('stg_core_banking__account_transactions') }}
    union all by name
    select * from {{ ref('int_superseded__account_transactions') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'core_banking' and table_name = 'account_transactions'

),

final as (

    select
        postings.* exclude (_superseded_at),
        {{ local_date('postings.booked_at') }} as transaction_date,
        {{ known_at('postings.booked_at', 'first_delivery.first_delivery_date', 'postings._ingested_at') }} as known_at,
        postings._superseded_at as superseded_at
    from postings
    cross join first_delivery

)

select * from final
