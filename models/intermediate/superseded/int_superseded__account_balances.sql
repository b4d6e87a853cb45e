{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_core_banking__account_balances') }}

)

select * from final
