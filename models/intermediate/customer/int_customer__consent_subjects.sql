with

decisions as (

    select
        'consent.consent_events:' || consent_event_id as event_id,
        consent_event_id as record_id,
        'consent_events' as table_name,
        subject_type,
        subject_id
    from {{ ref('stg_consent__consent_events') }}

    union all

    select
        'consent.privacy_requests:' || privacy_request_id as event_id,
        privacy_request_id as record_id,
        'privacy_requests' as table_name,
        subject_type,
        subject_id
    from {{ ref('stg_consent__privacy_requests') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

subject_values as (

    select
        {{ key64("case subject_type when 'line_user_id' then 'line_id' else subject_type end || ':' || subject_id") }}
            as value_key
    from decisions
    where subject_type in ('email', 'phone', 'line_user_id') and subject_id is not null
    group by subject_type, subject_id

),

-- Everybody who shows the address, number or LINE id.
showing as (

    select
        links.value_key,
        records.person_id,
        any_value(records.reach_id) as reach_id
    from {{ ref('int_identity__record_identifiers') }} as links
    semi join subject_values on links.value_key = subject_values.value_key
    inner join records on links.record_key = records.record_key
    group by links.value_key, records.person_id

),

found as (

    select decisions.event_id, records.person_id, records.reach_id
    from decisions
    inner join records
        on records.source_name = 'consent'
        and decisions.table_name = records.table_name
        and decisions.record_id = records.record_id
    where decisions.subject_type in ('cif_no', 'user_id')

    union all

    select decisions.event_id, records.person_id, records.reach_id
    from decisions
    inner join records
        on records.source_name = 'crm' and records.table_name = 'contacts' and decisions.subject_id = records.record_id
    where decisions.subject_type = 'contact_id'

    union all

    select decisions.event_id, showing.person_id, showing.reach_id
    from decisions
    inner join showing
        on showing.value_key
        = {{ key64("case subject_type when 'line_user_id' then 'line_id' else subject_type end || ':' || subject_id") }}
    where decisions.subject_type in ('email', 'phone', 'line_user_id')

),

final as (

    select
        event_id,
        person_id,
        count(*) over (partition by event_id) = 1 as is_sole_person,
        min(reach_id) over (partition by event_id) = max(reach_id) over (partition by event_id) as is_sole_reach
    from found

)

select * from final
