with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

-- How many different ones a person may show before they look like two: people misspell and change names.
allowed as (

    select types.identifier_type, types.value_count
    from (values ('national_id', 1), ('birth_date', 1), ('full_name', 3)) as types (identifier_type, value_count)

),

shown as (

    select
        records.person_id,
        identifiers.identifier_type,
        count(distinct identifiers.value_key) as value_count
    from record_identifiers as identifiers
    inner join records on identifiers.record_key = records.record_key
    anti join refused_links
        on identifiers.record_key = refused_links.record_key
        and identifiers.value_key = refused_links.value_key
    where identifiers.identifier_type in (select allowed.identifier_type from allowed)
    group by records.person_id, identifiers.identifier_type

),

final as (

    select
        allowed.identifier_type,
        count(shown.person_id) filter (where shown.value_count > allowed.value_count) as excess_person_count,
        count(shown.person_id) as person_count
    from allowed
    left join shown on allowed.identifier_type = shown.identifier_type
    group by allowed.identifier_type

)

select * from final
