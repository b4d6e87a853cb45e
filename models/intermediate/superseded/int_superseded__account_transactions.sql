{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_core_banking__account_transactions') }}

)

select * from final
