with

accounts as (

    select * from {{ ref('stg_core_banking__accounts') }}
    where account_status != 'closed'

),

account_owners as (

    select * from {{ ref('int_customer__current_owners') }}

),

products as (

    select * from {{ ref('products') }}

),

final as (

    select
        account_owners.person_id,
        count(*) as open_account_count,
        bool_or(products.product_group = 'e_savings') as holds_e_savings,
        bool_or(products.product_group = 'super_savings') as holds_super_savings,
        bool_or(products.product_group = 'daily_flow_current') as holds_daily_flow_current,
        bool_or(products.product_group = 'fixed_deposit_5y') as holds_fixed_deposit_5y,
        bool_or(products.product_group = 'fixed_deposit_7y') as holds_fixed_deposit_7y,
        bool_or(products.product_group = 'fixed_deposit_10y') as holds_fixed_deposit_10y
    from accounts
    inner join account_owners on accounts.account_no = account_owners.account_no
    left join products on accounts.product_code = products.product_code
    group by account_owners.person_id

)

select * from final
