with

arrivals as (
    {{ latest_arrivals('partners', 'audience_profiles', key=['audience_profile_id']) }}
),

final as (

    select
        audience_profile_id,
        partner_name,
        device_advertising_id,
        cookie_id,
        device_operating_system,
        interest_codes,
        age_band,
        {{ normalise_gender('gender') }} as gender,
        province,
        lower(affluence_band) as affluence_band,
        last_seen_date,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
