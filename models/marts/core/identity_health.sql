with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

person_records as (

    select * from {{ ref('person_records') }}

),

identifiers as (

    select * from {{ ref('customer_identifiers') }}

),

profiles as (

    select * from {{ ref('int_customer__profiles') }}

),

changes as (

    select * from {{ ref('person_id_changes') }}

),

rejected_links as (

    select * from {{ ref('identity_rejected_links') }}

),

junk_values as (

    select * from {{ ref('int_identity__junk_values') }}

),

final as (

    select 'persons' as metric, 'all' as dimension, count(*) as value_count
    from persons

    union all

    select 'customers' as metric, 'all' as dimension, count(*) as value_count
    from profiles

    union all

    select 'customers_with_several_numbers' as metric, 'all' as dimension, count(*) as value_count
    from profiles where customer_number_count > 1

    union all

    select 'largest_person_records' as metric, 'all' as dimension, coalesce(max(record_count), 0) as value_count
    from persons

    union all

    select 'persons_with_several_national_ids' as metric, 'all' as dimension, count(*) as value_count
    from (
        select person_id from identifiers
        where identifier_type = 'national_id'
        group by person_id
        having count(*) > 1
    ) as contradictions

    union all

    select 'merged_ids' as metric, 'all' as dimension, count(*) as value_count
    from changes where change_type = 'merged'

    union all

    select 'rejected_links' as metric, constraint_name as dimension, count(*) as value_count
    from rejected_links group by constraint_name

    union all

    select 'records_with_person' as metric, source || '.' || table_name as dimension, count(*) as value_count
    from person_records group by source, table_name

    union all

    select
        'junk_values' as metric,
        source_name || '.' || table_name || '.' || column_name as dimension,
        junk_count as value_count
    from junk_values

)

select * from final
