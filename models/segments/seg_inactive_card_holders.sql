with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

final as (

    select person_id from customers where is_active_relationship and card_segment = 'inactive'

)

select * from final
