with

rates as (

    select * from {{ ref('transfer_prices') }}
    where currency_code = '{{ setting("currency") }}'

),

final as (

    {{ rates_by_product('rates', ['rates.transfer_rate']) }}

)

select * from final
