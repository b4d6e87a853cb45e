with

people as (

    select person_id, email, phone, country_code from {{ ref('customer_360') }}

),

-- An address that two people show, wherever and as whichever of theirs, is nobody's: what the one agreed to, the other
-- would read. Who is a lead by it may be the customer: within a reach nothing says that they are two.
shared as (

    select shown.identifier_type, shown.identifier_value
    from {{ ref('customer_identifiers') }} as shown
    left join people on shown.person_id = people.person_id
    where shown.identifier_type in ('email', 'phone') and shown.valid_to is null
    group by shown.identifier_type, shown.identifier_value
    having count(distinct shown.reach_id) > 1 or count(people.person_id) > 1

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

-- Nobody knows in which zone of their country a person lives: all of them count. At home the bank's does, where the
-- country has no other.
time_zones as (

    select country_code, string_agg(time_zone, ',' order by time_zone) as time_zone
    from {{ ref('country_time_zones') }}
    group by country_code
    having country_code != '{{ setting("country") }}' or count(*) > 1

),

final as (

    select
        people.person_id,
        shared_emails.identifier_value is not null as is_email_shared,
        shared_phones.identifier_value is not null as is_phone_shared,
        case when not is_email_shared then people.email end as email,
        case when not is_phone_shared then people.phone end as phone,
        identifiers.line_user_id,
        identifiers.user_id,
        identifiers.device_id,
        coalesce(time_zones.time_zone, '{{ setting("timezone") }}') as time_zone
    from people
    left join time_zones on coalesce(people.country_code, '{{ setting("country") }}') = time_zones.country_code
    left join identifiers on people.person_id = identifiers.person_id
    left join shared as shared_emails
        on people.email = shared_emails.identifier_value and shared_emails.identifier_type = 'email'
    left join shared as shared_phones
        on people.phone = shared_phones.identifier_value and shared_phones.identifier_type = 'phone'

)

select * from final
