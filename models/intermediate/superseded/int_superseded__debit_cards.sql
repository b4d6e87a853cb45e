{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_cards__debit_cards') }}

)

select * from final
