with

persons as (

    select
        *,
        case
            when record_count = 1 then '1' when record_count <= 5 then '2-5' when record_count <= 20 then '6-20'
            when record_count <= 100 then '21-100' when record_count <= 1000 then '101-1000' else '1001+'
        end as record_bucket
    from {{ ref('int_identity__persons') }}

),

customers as (

    select person_id, customer_number_count, email is not null or mobile_phone is not null as has_contact
    from {{ ref('int_customer__profiles') }}

),

over_clustering as (

    select * from {{ ref('int_identity__over_clustering') }}

),

under_clustering as (

    select * from {{ ref('int_identity__under_clustering') }}

),

ledger as (

    select * from {{ ref('int_identity__id_ledger') }}

),

causeless_id_changes as (

    select * from {{ ref('int_identity__causeless_id_changes') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

coverage as (

    select * from {{ ref('int_identity__coverage') }}

),

junk_values as (

    select * from {{ ref('int_identity__junk_values') }}

),

final as (

    select 'persons' as metric, 'all' as dimension, count(*) as value_count, cast(null as bigint) as of_count from persons
    union all
    select 'reach_persons', 'all', count(distinct reach_id), null from persons
    union all
    select 'largest_person_records', 'all', coalesce(max(record_count), 0), null from persons
    union all
    select 'persons_by_records', record_bucket, count(*), cast(sum(count(*)) over () as bigint) from persons group by record_bucket
    union all
    select 'customers', 'all', count(*), null from customers
    union all
    select 'customers_with_several_numbers', 'all', count(*) filter (where customer_number_count > 1), count(*)
    from customers
    union all
    select 'customers_with_contact', 'all', count(*) filter (where has_contact), count(*) from customers
    union all
    select 'persons_with_several', identifier_type, excess_person_count, person_count from over_clustering
    union all
    select 'divided_combinations', combination, divided_combination_count, combination_count from under_clustering
    union all
    select change_type || '_ids', 'all', count(*), null
    from ledger where change_type in ('merged', 'split', 'retired') group by change_type
    union all
    select 'causeless_id_changes', 'all', count(*), (select count(*) from persons) from causeless_id_changes
    union all
    select 'rejected_links', constraint_type, count(*), null from refused_links group by constraint_type
    union all
    select 'records_with_person', source_name || '.' || table_name, person_record_count, record_count from coverage
    union all
    select 'junk_values', source_name || '.' || table_name || '.' || column_name, junk_count, valid_count + junk_count
    from junk_values

)

select * from final
