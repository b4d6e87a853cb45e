with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

final as (

    select person_id from customers where is_active_relationship and credit_card_count = 0

)

select * from final
