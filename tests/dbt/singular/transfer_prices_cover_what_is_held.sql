{{ config(severity='warn') }}
-- Families of which the bank holds balances in a month for which the seed transfer_prices tells no rate: their interest
-- stands without the price of the money.
with

held as (

    select 'deposit' as product_family, month_end_date from {{ ref('int_finance__deposit_balances') }}
    union
    select 'loan' as product_family, month_end_date from {{ ref('int_finance__loan_balances') }}
    union
    select 'credit_card' as product_family, month_end_date from {{ ref('int_finance__card_balances') }}

)

select held.product_family, held.month_end_date
from held
anti join {{ ref('int_finance__transfer_prices') }} as prices
    on held.product_family = prices.product_family
    and held.month_end_date = prices.month_end_date
    and prices.product_group = 'any'
