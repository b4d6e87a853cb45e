with

profiles as (

    select * from {{ ref('stg_partners__audience_profiles') }}

),

identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

-- Who else shows the device or cookie of a profile: with several people it is nobody's.
owners as (

    select
        shown.record_id as audience_profile_id,
        min(records.person_id) as person_id,
        count(distinct records.person_id) as person_count
    from identifiers as shown
    inner join identifiers as others
        on shown.value_key = others.value_key and others.source_name != 'partners'
    inner join records on others.record_key = records.record_key
    where shown.source_name = 'partners' and shown.identifier_type in ('device_id', 'anonymous_id')
    group by shown.record_id

),

final as (

    select
        profiles.audience_profile_id,
        profiles.partner_name,
        profiles.device_advertising_id,
        profiles.cookie_id,
        profiles.device_operating_system,
        profiles.interest_codes,
        profiles.province,
        profiles.affluence_band,
        profiles.last_seen_date,
        case when owners.person_count = 1 then owners.person_id end as person_id,
        coalesce(owners.person_count, 0) as person_count
    from profiles
    left join owners on profiles.audience_profile_id = owners.audience_profile_id

)

select * from final
