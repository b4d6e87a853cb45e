with

customers as (

    select
        person_id,
        as_of_date,
        date_of_birth,
        -- The year of age that begins in the calendar year of the day after tomorrow; 29 February moves to the 28th.
        date_diff('year', date_of_birth, as_of_date + 2) as years
    from {{ ref('customer_360') }}
    where is_active_relationship and date_of_birth is not null

),

final as (

    select person_id from customers
    where cast(date_of_birth + to_years(years) as date) between as_of_date + 1 and as_of_date + 2

)

select * from final
