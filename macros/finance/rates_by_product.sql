{% macro rates_by_product(rates, columns) -%}
    {#-
      Rates of a seed for each product family, group and month: a group with rows of its own takes these, else those of the
      family (`any`). A month takes the rate of its last day.
      rates: Name of the CTE with the seed's rows. columns: SQL of the columns beside family, group and month.
    -#}
    select
        products.product_family,
        products.product_group,
        months.month_end_date,
        {{ columns | join(',\n        ') }}
    from (
        select product_family, product_group from {{ ref('products') }}
        union
        select product_family, 'any' as product_group from {{ rates }}
    ) as products
    inner join {{ rates }} as rates
        on products.product_family = rates.product_family
        and rates.product_group in (products.product_group, 'any')
    inner join {{ ref('int_customer__calendar') }} as months
        on rates.valid_from <= months.month_end_date
        and coalesce(rates.valid_to > months.month_end_date, true)
    qualify rank() over (
        partition by products.product_family, products.product_group, months.month_end_date
        order by case when rates.product_group = products.product_group then 0 else 1 end
    ) = 1
{%- endmacro %}
