with

arrivals as (
    {{ latest_arrivals('crm', 'contacts', key=['contact_id']) }}
),

normalised as (

    select
        *,
        {{ plausible_birth_date('date_of_birth') }} as valid_date_of_birth,
        {{ normalise_email('email') }} as valid_email,
        {{ normalise_phone('phone') }} as valid_phone
    from arrivals

),

final as (

    select
        contact_id,
        cif_no,
        member_id,
        user_id,
        line_user_id,
        {{ normalise_name('full_name') }} as full_name,
        valid_email as email,
        email is not null and valid_email is null as is_email_junk,
        valid_phone as phone,
        phone is not null and valid_phone is null as is_phone_junk,
        valid_date_of_birth as date_of_birth,
        date_of_birth is not null and valid_date_of_birth is null as is_date_of_birth_junk,
        lower(contact_source) as contact_source,
        created_at,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised

)

select * from final
