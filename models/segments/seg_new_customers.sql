with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

final as (

    select person_id from customers where is_active_relationship and tenure_months < 3

)

select * from final
