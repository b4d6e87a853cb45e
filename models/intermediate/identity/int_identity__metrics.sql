with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

sizes as (

    select * from {{ ref('int_identity__cluster_sizes') }}

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

final as (

    select 'persons' as metric, 'all' as dimension, count(*) as value_count, cast(null as bigint) as of_count
    from persons
    union all
    select 'reach_persons' as metric, 'all' as dimension, count(distinct reach_id) as value_count, null as of_count
    from persons
    union all
    select 'largest_person_records' as metric, 'all' as dimension, max(record_count) as value_count, null as of_count
    from persons having count(*) > 0
    union all
    select
        'persons_by_records' as metric, record_bucket as dimension,
        person_count as value_count, (select count(*) from persons) as of_count
    from sizes
    union all
    select 'customers' as metric, 'all' as dimension, count(*) as value_count, null as of_count
    from customers
    union all
    select
        'customers_with_several_numbers' as metric, 'all' as dimension,
        count(*) filter (where customer_number_count > 1) as value_count, count(*) as of_count
    from customers
    union all
    select
        'customers_with_contact' as metric, 'all' as dimension,
        count(*) filter (where has_contact) as value_count, count(*) as of_count
    from customers
    union all
    select
        'persons_with_several' as metric, identifier_type as dimension,
        excess_person_count as value_count, person_count as of_count
    from over_clustering
    union all
    select
        'divided_combinations' as metric, combination as dimension,
        divided_combination_count as value_count, combination_count as of_count
    from under_clustering
    union all
    select change_type || '_ids' as metric, 'all' as dimension, count(*) as value_count, null as of_count
    from ledger where change_type in ('merged', 'split', 'retired') group by change_type
    union all
    select
        'causeless_id_changes' as metric, 'all' as dimension,
        count(*) as value_count, (select count(*) from persons) as of_count
    from causeless_id_changes
    union all
    select 'rejected_links' as metric, constraint_type as dimension, count(*) as value_count, null as of_count
    from refused_links group by constraint_type

)

select * from final
