with

customers as (

    select * from {{ ref('customer_360_pseudonymous') }}

),

ranked as (

    select
        person_id,
        deposit_balance_amount,
        percent_rank() over (order by deposit_balance_amount desc) as balance_rank
    from customers
    where is_active_relationship and deposit_balance_amount is not null

),

final as (

    select person_id from ranked where balance_rank < 0.1 and deposit_balance_amount > 0

)

select * from final
