with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

records as (

    select * from {{ ref('int_identity__person_records') }}

),

beside_names as (

    select types.identifier_type
    from (values ('birth_date'), ('email'), ('phone')) as types (identifier_type)

),

-- A name and something that is rarely a stranger's, on one record.
combinations as (

    select
        others.identifier_type,
        names.value_key as name_key,
        others.value_key,
        min(records.person_id) != max(records.person_id) as is_of_several_persons
    from record_identifiers as names
    inner join record_identifiers as others on names.record_key = others.record_key
    inner join beside_names on others.identifier_type = beside_names.identifier_type
    inner join records on names.record_key = records.record_key
    where names.identifier_type = 'full_name'
    group by others.identifier_type, names.value_key, others.value_key

),

final as (

    select
        'name_' || beside_names.identifier_type as combination,
        count(*) filter (where combinations.is_of_several_persons) as divided_combination_count,
        count(combinations.value_key) as combination_count
    from beside_names
    left join combinations on beside_names.identifier_type = combinations.identifier_type
    group by beside_names.identifier_type

)

select * from final
