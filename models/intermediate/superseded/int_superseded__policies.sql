{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_insurance__policies') }}

)

select * from final
