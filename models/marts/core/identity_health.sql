with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

person_records as (

    select * from {{ ref('person_records') }}

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

    select 'persons' as metric, 'all' as dimension, count(*) as value_count from persons
    union all
    select 'customers', 'all', count(*) from profiles
    union all
    select 'customers_with_several_numbers', 'all', count(*) from profiles where customer_number_count > 1
    union all
    select 'largest_person_records', 'all', coalesce(max(record_count), 0) from persons
    union all
    select 'merged_ids', 'all', count(*) from changes where change_type = 'merged'
    union all
    select 'rejected_links', constraint_name, count(*) from rejected_links group by constraint_name
    union all
    select 'records_with_person', source || '.' || table_name, count(*) from person_records group by source, table_name
    union all
    select 'junk_values', source_name || '.' || table_name || '.' || column_name, junk_count from junk_values

)

select * from final
