{{ config(materialized='ephemeral') }}

with

final as (

    {{ identity_ledger() }}

)

select * from final
