{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_payments__payments') }}

)

select * from final
