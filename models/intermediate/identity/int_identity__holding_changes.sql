{{ config(materialized='ephemeral') }}

with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

person_values as (

    select * from {{ ref('int_identity__person_values') }}

),

recorded_ids as (

    select * from {{ ref('int_identity__recorded_ids') }}

),

recorded_holdings as (

    select * from {{ ref('int_identity__recorded_holdings') }}

),

-- What persons have now: values, and the record that named them, which the row of a new id brings with it.
present as (

    select
        persons.person_id,
        null as record_key,
        person_values.value_key,
        person_values.identifier_type,
        person_values.is_held,
        person_values.first_ingested_at
    from person_values
    inner join persons on person_values.person_key = persons.person_key

    union all

    select
        persons.person_id,
        records.record_key,
        null as value_key,
        null as identifier_type,
        true as is_held,
        records.first_ingested_at
    from persons
    inner join recorded_ids on persons.person_id = recorded_ids.person_id
    inner join records on persons.naming_record_key = records.record_key and persons.person_key = records.person_key

),

-- Ids that are nobody's now keep what they had, so that they find back.
recorded as (

    select recorded_holdings.*
    from recorded_holdings
    inner join persons on recorded_holdings.person_id = persons.person_id

),

final as (

    select
        coalesce(present.person_id, recorded.person_id) as person_id,
        case when present.person_id is null then 'released' when present.is_held then 'held' else 'shown' end
            as change_type,
        coalesce(present.record_key, recorded.record_key) as record_key,
        coalesce(present.value_key, recorded.value_key) as value_key,
        present.identifier_type,
        present.first_ingested_at
    from present
    full outer join recorded
        on present.person_id = recorded.person_id
        and coalesce(present.value_key, present.record_key) = coalesce(recorded.value_key, recorded.record_key)
        and (present.value_key is null) = (recorded.value_key is null)
    where present.is_held is distinct from recorded.is_held

)

select * from final
