{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_cards__credit_cards') }}

)

select * from final
