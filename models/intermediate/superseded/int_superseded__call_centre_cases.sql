{{ config(materialized='view') }}

with

final as (

    {{ superseded('stg_crm__call_centre_cases') }}

)

select * from final
