with

files as (

    select source_name, table_name, ingest_date from {{ lake_files() }}

),

-- A table without deliveries has a file without rows, dated 1970. Nobody delivers what was learned of people: it
-- is made of a build, which must not differ by whether somebody has scored before.
final as (

    select
        source_name,
        table_name,
        min(ingest_date) as first_delivery_date
    from files
    where ingest_date > date '1970-01-01' and source_name != 'ml'
    group by source_name, table_name

)

select * from final
