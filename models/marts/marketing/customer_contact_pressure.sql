with

final as (

    select
        person_id,
        channel,
        cast(contact_7d_count as integer) as contact_7d_count,
        last_contact_at,
        campaign_ids,
        standing_campaign_ids
    from {{ ref('int_customer__contact_pressure') }}

)

select * from final
