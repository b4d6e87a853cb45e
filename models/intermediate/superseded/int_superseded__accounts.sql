{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_core_banking__accounts') }}

)

select * from final
