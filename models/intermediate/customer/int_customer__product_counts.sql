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
        cast(count(distinct contracts.product_code) filter (where contracts.is_open) as integer) as product_count,
        cast(count(distinct products.product_family) filter (where contracts.is_open) as integer)
            as product_family_count,
        cast(count(*) filter (where contracts.is_open) as integer) as contract_count,
        max(contracts.opened_date) as last_opened_date,
        max(contracts.closed_date) as last_closed_date
    from contracts
    left join products on contracts.product_code = products.product_code
    group by contracts.person_id

)

select * from final
