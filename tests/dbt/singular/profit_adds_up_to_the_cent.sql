-- Months and components in which customers and what is unallocated don't add up to products, or products to the bank.
{%- set measures = profit_components() + ['net_interest_amount', 'margin_amount'] %}

with

parts as (

    select product_code, month_end_date, {{ measures | join(', ') }} from {{ ref('customer_profit_monthly') }}
    union all
    select product_code, month_end_date, {{ measures | join(', ') }} from {{ ref('profit_unallocated_monthly') }}

),

ledgers as (

    select 'products' as part, product_code, month_end_date, {{ measures | join(', ') }}, 1 as side
    from {{ ref('product_profit_monthly') }}
    union all
    select 'products' as part, product_code, month_end_date, {{ measures | join(', ') }}, -1 as side
    from parts
    union all
    select 'bank' as part, 'all' as product_code, month_end_date, {{ measures | join(', ') }}, 1 as side
    from {{ ref('bank_profit_monthly') }}
    union all
    select 'bank' as part, 'all' as product_code, month_end_date, {{ measures | join(', ') }}, -1 as side
    from {{ ref('product_profit_monthly') }}

)

select part, product_code, month_end_date
from ledgers
group by part, product_code, month_end_date
having
    {% for measure in measures -%}
    sum(side * {{ measure }}) != 0{{ ' or' if not loop.last }}
    {% endfor %}
