with

final as (

    select
        person_id,
        purpose,
        channel,
        is_granted,
        since_at,
        last_decided_at,
        decided_in,
        cast(decision_count as integer) as decision_count
    from {{ ref('int_customer__consents') }}

)

select * from final
