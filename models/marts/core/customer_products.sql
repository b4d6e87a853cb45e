with

contracts as (

    select * from {{ ref('int_customer__contracts') }}

),

products as (

    select * from {{ ref('products') }}

),

final as (

    select
        contracts.person_id,
        contracts.source_name,
        contracts.contract_id,
        contracts.product_code,
        coalesce(products.product_family, 'unknown') as product_family,
        coalesce(products.product_group, 'unknown') as product_group,
        contracts.contract_role,
        contracts.opened_date,
        contracts.closed_date,
        contracts.contract_status,
        contracts.is_open,
        cast(contracts.balance_amount as decimal(18, 2)) as balance_amount,
        cast(contracts.owed_amount as decimal(18, 2)) as owed_amount,
        '{{ setting("currency") }}' as currency_code
    from contracts
    left join products on contracts.product_code = products.product_code

)

select * from final
