with

suppressions as (

    select * from {{ ref('int_customer__suppressions') }}

),

people as (

    select * from {{ ref('customer_360') }}

),

final as (

    select
        person_id,
        channel,
        reason,
        since_at
    from suppressions

    union all

    -- Whoever is under age is nobody's audience; who hides their age is asked for it elsewhere.
    select
        person_id,
        'all' as channel,
        'minor' as reason,
        null as since_at
    from people
    where age_years < {{ var('age_of_majority') }}

)

select * from final
