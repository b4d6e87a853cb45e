with

records as (

    select * from {{ ref('int_identity__record_components') }}

),

-- The first record that ever arrived names the person, so growth and later links don't change the id;
-- ties are settled by the record's own address, never by a personal value.
final as (

    select
        component_key,
        'p' || left(md5(min_by(
            source_name || '.' || table_name || ':' || record_id,
            (first_ingested_at, source_name, table_name, record_id)
        )), 24) as person_id,
        min(first_ingested_at) as first_ingested_at,
        count(*) as record_count
    from records
    group by component_key

)

select * from final
