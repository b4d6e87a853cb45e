with

products as (

    select * from {{ ref('products') }}

),

families as (

    select * from {{ ref('product_families') }}

),

final as (

    select
        products.product_code,
        products.product_name,
        products.product_family,
        products.product_group,
        families.business_unit,
        products.term_years,
        products.annual_interest_rate,
        products.annual_fee_amount,
        '{{ setting("currency") }}' as currency_code
    from products
    left join families on products.product_family = families.product_family

)

select * from final
