with

records as (

    select * from {{ ref('int_identity__records') }}

),

persons as (

    select * from {{ ref('int_identity__persons') }}

),

final as (

    select
        records.source_name,
        records.table_name,
        records.record_id,
        records.record_key,
        records.first_ingested_at,
        persons.person_id,
        persons.reach_id
    from records
    inner join persons on records.person_key = persons.person_key

)

select * from final
