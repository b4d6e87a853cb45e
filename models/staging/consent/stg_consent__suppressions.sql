with

arrivals as (
    {{ latest_arrivals('consent', 'suppressions', key=['suppression_id']) }}
),

normalised as (

    select
        *,
        {{ normalise_email('subject_id') }} as email,
        {{ normalise_phone('subject_id') }} as phone
    from arrivals

),

final as (

    select
        suppression_id,
        subject_type,
        case subject_type
            when 'email' then email
            when 'phone' then phone
            else subject_id
        end as subject_id,
        (subject_type = 'email' and email is null) or (subject_type = 'phone' and phone is null) as is_subject_id_junk,
        reason,
        channel,
        since_at,
        until_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised

)

select * from final
