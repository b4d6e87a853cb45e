with

arrivals as (
    {{ latest_arrivals('crm', 'call_centre_cases', key=['case_id']) }}
),

normalised as (

    select
        *,
        {{ normalise_phone('phone') }} as valid_phone
    from arrivals

),

final as (

    select
        case_id,
        cif_no,
        valid_phone as phone,
        phone is not null and valid_phone is null as is_phone_junk,
        opened_at,
        closed_at,
        lower(topic) as topic,
        lower(product_code) as product_code,
        case_status,
        satisfaction_score,
        is_caller_verified,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised

)

select * from final
