{{ config(materialized='view') }}

with

bands as (

    select * from {{ ref('wealth_bands') }}

),

final as (

    select
        band,
        from_amount
    from bands
    where currency_code = '{{ setting("currency") }}'

)

select * from final
