with

ledger as (

    select * from {{ ref('int_identity__ledger') }}

),

build as (

    select * from {{ ref('int_identity__build') }}

),

id_changes as (

    select * from {{ ref('int_identity__id_changes') }}

),

holding_changes as (

    select * from {{ ref('int_identity__holding_changes') }}

),

changes as (

    select
        person_id,
        change_type,
        other_person_id,
        record_key,
        null as value_key,
        null as identifier_type,
        is_customer,
        valid_from,
        null as first_ingested_at
    from id_changes

    union all

    select
        person_id,
        change_type,
        null as other_person_id,
        record_key,
        value_key,
        identifier_type,
        null as is_customer,
        null as valid_from,
        first_ingested_at
    from holding_changes

),

final as (

    select * from ledger

    union all

    -- A value that arrived since the last build is the person's from its arrival; one that was there changed hands.
    select
        build.change_no,
        build.changed_at,
        changes.person_id,
        changes.change_type,
        changes.other_person_id,
        changes.record_key,
        changes.value_key,
        changes.identifier_type,
        changes.is_customer,
        case
            when changes.valid_from is not null then changes.valid_from
            when build.last_changed_at is null or changes.first_ingested_at > build.last_changed_at
                then changes.first_ingested_at
            else build.changed_at
        end as valid_from
    from changes
    cross join build

)

select * from final
