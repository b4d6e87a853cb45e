{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_cards__card_transactions') }}

)

select * from final
