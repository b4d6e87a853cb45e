with

customer_360 as (

    select * from {{ ref('customer_360') }}

),

-- The columns of this model's own contract, so that nothing comes here that isn't listed there.
final as (

    select {{ model.columns | join(', ') }}
    from customer_360

)

select * from final
