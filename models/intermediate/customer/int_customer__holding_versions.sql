{{ config(materialized='view') }}

with

first_deliveries as (

    select * from {{ ref('int_events__first_deliveries') }}

),

accounts as (

    select
        'core_banking' as source_name, 'accounts' as table_name, 'account' as holder_type, account_no as holder_no,
        opened_date, closed_date, _ingested_at, _superseded_at
    from {{ versions_of('stg_core_banking__accounts', 'int_superseded__accounts') }} as versions

),

credit_cards as (

    select
        'cards' as source_name, 'credit_cards' as table_name, 'card' as holder_type, card_token as holder_no,
        issued_date as opened_date, closed_date, _ingested_at, _superseded_at
    from {{ versions_of('stg_cards__credit_cards', 'int_superseded__credit_cards') }} as versions

),

holdings as (

    select * from accounts
    union all
    select * from credit_cards

),

-- What a table's first delivery tells of a beginning and an end is history that the bank had before.
final as (

    select
        holdings.holder_type,
        holdings.holder_no,
        holdings.opened_date,
        cast(date_trunc('month', holdings.closed_date) as date) as closed_month_date,
        case
            when cast(holdings._ingested_at as date) > first_deliveries.first_delivery_date then holdings._ingested_at
            else timestamp '1900-01-01'
        end as known_from_at,
        holdings._superseded_at as known_until_at
    from holdings
    inner join first_deliveries
        on holdings.source_name = first_deliveries.source_name
        and holdings.table_name = first_deliveries.table_name

)

select * from final
