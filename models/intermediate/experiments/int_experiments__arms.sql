with

declared as (

    {{ declared_arms() }}

),

final as (

    select
        experiment_key,
        arm,
        arm_no,
        weight,
        bucket_from,
        bucket_to
    from declared

)

select * from final
