with

people as (

    select * from {{ ref('customer_360') }}

),

-- An id that two people show is nobody's address.
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

final as (

    select
        people.person_id,
        people.email,
        people.phone,
        identifiers.line_user_id,
        identifiers.user_id,
        identifiers.device_id
    from people
    left join identifiers on people.person_id = identifiers.person_id

)

select * from final
