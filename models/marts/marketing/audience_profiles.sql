with

profiles as (

    select * from {{ ref('int_audience__profiles') }}

),

final as (

    select
        audience_profile_id,
        partner_name,
        device_advertising_id,
        cookie_id,
        device_operating_system,
        interest_codes,
        province,
        affluence_band,
        last_seen_date,
        person_id,
        person_count > 0 as is_known
    from profiles

)

select * from final
