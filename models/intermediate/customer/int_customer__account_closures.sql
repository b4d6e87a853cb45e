{{ config(materialized='view') }}

with

accounts as (

    select account_no, closed_date, _ingested_at, _superseded_at from {{ ref('stg_core_banking__accounts') }}
    union all
    select account_no, closed_date, _ingested_at, _superseded_at from {{ ref('int_superseded__accounts') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'core_banking' and table_name = 'accounts'

),

final as (

    select
        accounts.account_no,
        accounts.closed_date,
        {{ known_at('accounts.closed_date', 'first_delivery.first_delivery_date', 'accounts._ingested_at') }}
            as known_at,
        accounts._superseded_at as superseded_at
    from accounts
    cross join first_delivery
    where accounts.closed_date is not null

)

select * from final
