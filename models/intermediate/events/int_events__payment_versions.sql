{{ config(materialized='view') }}

with

payments as (

    select * from {{ ref('stg_payments__payments') }}
    union all by name
    select * from {{ ref('int_superseded__payments') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'payments' and table_name = 'payments'

),

final as (

    select
        payments.* exclude (_superseded_at),
        {{ local_date('payments.paid_at') }} as transaction_date,
        {{ known_at('payments.paid_at', 'first_delivery.first_delivery_date', 'payments._ingested_at') }} as known_at,
        payments._superseded_at as superseded_at
    from payments
    cross join first_delivery

)

select * from final
