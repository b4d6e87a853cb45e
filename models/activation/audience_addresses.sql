with

-- An address that two people give is nobody's: what the one agreed to, the other would read.
people as (

    select
        person_id,
        email,
        phone,
        country_code,
        count(email) over (partition by email) > 1 as is_email_shared,
        count(phone) over (partition by phone) > 1 as is_phone_shared
    from {{ ref('customer_360') }}

),

-- Nor is an id that two people show.
identifiers as (

    select
        person_id,
        max_by(identifier_value, (last_seen_at, identifier_key)) filter (where identifier_type = 'line_id')
            as line_user_id,
        max_by(identifier_value, (last_seen_at, identifier_key)) filter (where identifier_type = 'login') as user_id,
        max_by(identifier_value, (last_seen_at, identifier_key)) filter (where identifier_type = 'device_id')
            as device_id
    from {{ ref('customer_identifiers') }}
    where identifier_type in ('line_id', 'login', 'device_id') and valid_to is null and not is_shared
    group by person_id

),

time_zones as (

    select * from {{ ref('country_time_zones') }}
    where country_code != '{{ setting("country") }}'

),

final as (

    select
        people.person_id,
        case when not people.is_email_shared then people.email end as email,
        case when not people.is_phone_shared then people.phone end as phone,
        identifiers.line_user_id,
        identifiers.user_id,
        identifiers.device_id,
        people.is_email_shared,
        people.is_phone_shared,
        coalesce(time_zones.time_zone, '{{ setting("timezone") }}') as time_zone
    from people
    left join time_zones on people.country_code = time_zones.country_code
    left join identifiers on people.person_id = identifiers.person_id

)

select * from final
