with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

buckets as (

    select
        case
            when record_count = 1 then '1'
            when record_count <= 5 then '2-5'
            when record_count <= 20 then '6-20'
            when record_count <= 100 then '21-100'
            when record_count <= 1000 then '101-1000'
            else '1001+'
        end as record_bucket
    from persons

),

final as (

    select
        record_bucket,
        count(*) as person_count
    from buckets
    group by record_bucket

)

select * from final
