with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

final as (

    select person_id
    from customers
    where is_active_relationship
        and credit_payment_behaviour = 'transactor'
        and card_segment in ('top_spender', 'high_spender')

)

select * from final
