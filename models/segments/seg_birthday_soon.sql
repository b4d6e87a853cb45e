with

customers as (

    select * from {{ ref('customer_360') }}
    where is_active_relationship and date_of_birth is not null

),

days as (

    select
        person_id,
        date_of_birth,
        unnest([as_of_date + 1, as_of_date + 2]) as day
    from customers

),

final as (

    -- Who was born on 29 February has it on the 28th in other years.
    select person_id from days
    where cast(date_of_birth + to_years(date_diff('year', date_of_birth, day)) as date) = day

)

select * from final
