with

arms as (

    select * from {{ ref('int_experiments__arms') }}

),

final as (

    select
        experiment_key,
        arm,
        arm_no,
        arm_no = 0 as is_control,
        weight,
        bucket_from,
        bucket_to
    from arms

)

select * from final
