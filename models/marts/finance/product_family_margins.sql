with

as_of as (select * from {{ ref('int_customer__as_of') }}),

profits as (

    select * from {{ ref('customer_profit_monthly') }}

),

products as (

    select * from {{ ref('dim_products') }}

),

final as (

    select
        products.product_family,
        products.business_unit,
        cast(sum(profits.margin_amount) / count(distinct profits.person_id) as decimal(18, 2)) as margin_amount,
        '{{ setting("currency") }}' as currency_code
    from profits
    inner join products on profits.product_code = products.product_code
    cross join as_of
    where profits.month_end_date > last_day(cast(as_of.month_end_date - interval 12 month as date))
    group by products.product_family, products.business_unit

)

select * from final
