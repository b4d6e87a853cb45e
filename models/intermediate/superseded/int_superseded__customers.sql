{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_core_banking__customers') }}

)

select * from final
