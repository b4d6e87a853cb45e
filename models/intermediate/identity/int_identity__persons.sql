with

records as (

    select * from {{ ref('int_identity__record_components') }}

),

-- The first record that arrived names the person, so growth and later links don't change the id. Of one delivery, a
-- customer number names before anything else, because cards and contacts come and go; ties are settled by the record's
-- own address, never by a personal value.
final as (

    select
        component_key,
        {{ person_id_of_first_record() }} as person_id,
        min(first_ingested_at) as first_ingested_at,
        count(*) as record_count
    from records
    group by component_key

)

select * from final
