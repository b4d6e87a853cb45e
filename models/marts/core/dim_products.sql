with

products as (

    select * from {{ ref('products') }}

),

final as (

    select
        product_code,
        product_name,
        product_family,
        product_group,
        term_years,
        annual_interest_rate,
        annual_fee_amount,
        '{{ setting("currency") }}' as currency_code
    from products

)

select * from final
