with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

final as (

    select person_id from customers where card_segment = 'top_spender'

)

select * from final
