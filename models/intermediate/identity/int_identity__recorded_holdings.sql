{{ config(materialized='ephemeral') }}

with

ledger as (

    select * from {{ ref('int_identity__ledger') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

person_values as (

    select * from {{ ref('int_identity__person_values') }}

),

-- The last word of the ledger on each record and value that an id ever had.
recorded as (

    select
        person_id,
        record_key,
        value_key,
        max(change_no) as acquired_no,
        max_by(change_type, change_no) as change_type,
        max_by(valid_from, change_no) as valid_from
    from ledger
    where record_key is not null or value_key is not null
    group by person_id, record_key, value_key

),

final as (

    select
        recorded.person_id,
        recorded.record_key,
        recorded.value_key,
        recorded.change_type != 'shown' as is_held,
        recorded.acquired_no,
        recorded.valid_from,
        coalesce(records.person_key, person_values.person_key) as person_key
    from recorded
    left join records on recorded.record_key = records.record_key
    left join person_values on recorded.value_key = person_values.value_key and person_values.is_held
    where recorded.change_type != 'released'

)

select * from final
