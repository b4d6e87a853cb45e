with

rates as (

    select * from {{ ref('commission_rates') }}

),

final as (

    {{ rates_by_product('rates', ['rates.commission_basis', 'rates.commission_rate']) }}

)

select * from final
