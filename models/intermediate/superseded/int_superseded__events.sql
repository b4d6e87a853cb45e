{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_digital__events') }}

)

select * from final
