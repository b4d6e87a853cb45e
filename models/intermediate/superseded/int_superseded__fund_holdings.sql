{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_wealth__fund_holdings') }}

)

select * from final
