{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_lending__loans') }}

)

select * from final
