with

files as (

    select
        split_part(file, '/', -4) as source_name,
        split_part(file, '/', -3) as table_name,
        try_cast(replace(split_part(file, '/', -2), 'ingest_date=', '') as date) as ingest_date
    from glob('{{ env_var("CARDINAL_HOME", "data") }}/lake/[a-z]*/[a-z]*/ingest_date=*/*.parquet')

),

-- A table without deliveries has a file without rows, dated 1970.
final as (

    select
        source_name,
        table_name,
        min(ingest_date) as first_delivery_date
    from files
    where ingest_date > date '1970-01-01'
    group by source_name, table_name

)

select * from final
