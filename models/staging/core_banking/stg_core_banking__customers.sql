with

arrivals as (
    {{ latest_arrivals('core_banking', 'customers', key=['cif_no']) }}
),

normalised as (
    select
        *,
        {{ plausible_birth_date('date_of_birth') }} as valid_date_of_birth,
        {{ normalise_email('email') }} as valid_email,
        {{ normalise_phone('mobile_phone') }} as valid_mobile_phone,
        {{ normalise_phone('home_phone') }} as valid_home_phone
    from arrivals
),

final as (
    select
        cif_no,
        national_id as national_id_hmac,
        member_id,
        title,
        {{ normalise_name('first_name') }} as first_name,
        {{ normalise_name('last_name') }} as last_name,
        {{ normalise_name('first_name_latin') }} as first_name_latin,
        {{ normalise_name('last_name_latin') }} as last_name_latin,
        valid_date_of_birth as date_of_birth,
        date_of_birth is not null and valid_date_of_birth is null as is_date_of_birth_junk,
        {{ normalise_gender('gender') }} as gender,
        {{ normalise_code('marital_status', ['single', 'married', 'divorced', 'widowed']) }} as marital_status,
        upper(nationality) as nationality,
        occupation,
        employer_name,
        monthly_income_amount,
        upper(currency_code) as currency_code,
        declared_net_worth_amount, net_worth_declared_date,
        valid_email as email,
        email is not null and valid_email is null as is_email_junk,
        valid_mobile_phone as mobile_phone,
        mobile_phone is not null and valid_mobile_phone is null as is_mobile_phone_junk,
        valid_home_phone as home_phone,
        home_phone is not null and valid_home_phone is null as is_home_phone_junk,
        address_line,
        district,
        province,
        postal_code,
        upper(country_code) as country_code,
        home_branch_id,
        registered_at,
        kyc_verified_at,
        closed_at,
        updated_at,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from normalised
)

select * from final
