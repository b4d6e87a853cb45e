with

records as (

    select * from {{ ref('int_identity__records') }}

),

recorded_ids as (

    select * from {{ ref('int_identity__recorded_ids') }}

),

-- An id in use goes before one that was given up, then the older one.
inherited as (

    select
        person_key,
        min_by(
            person_id, (not is_current, cast(first_ingested_at as date), not is_customer, record_key, person_id)
        ) as person_id
    from recorded_ids
    where person_key is not null
    group by person_key

),

-- Of one delivery a customer number names before anything else, because cards and contacts come and go.
clusters as (

    select
        person_key,
        any_value(reach_key) as reach_key,
        min(first_ingested_at) as first_ingested_at,
        count(*) as record_count,
        min_by(record_key, (cast(first_ingested_at as date), not is_customer, record_key)) as first_record_key
    from records
    group by person_key

),

generations as (

    select record_key, count(*) as generation from recorded_ids group by record_key

),

named as (

    select
        clusters.person_key,
        clusters.reach_key,
        coalesce(
            inherited.person_id,
            {{ person_id_of_record(
                "records.source_name || '.' || records.table_name || ':' || records.record_id",
                'coalesce(generations.generation, 0)',
            ) }}
        ) as person_id,
        coalesce(recorded_ids.record_key, records.record_key) as naming_record_key,
        coalesce(recorded_ids.is_customer, records.is_customer) as is_named_by_customer,
        coalesce(recorded_ids.first_ingested_at, records.first_ingested_at) as named_at,
        clusters.first_ingested_at,
        clusters.record_count
    from clusters
    inner join records on clusters.first_record_key = records.record_key
    left join generations on clusters.first_record_key = generations.record_key
    left join inherited on clusters.person_key = inherited.person_key
    left join recorded_ids on inherited.person_id = recorded_ids.person_id

),

final as (

    select
        person_key,
        person_id,
        'r' || substr(first_value(person_id) over (
            partition by reach_key
            order by cast(named_at as date), not is_named_by_customer, naming_record_key, person_id
        ), 2) as reach_id,
        naming_record_key,
        is_named_by_customer,
        named_at,
        first_ingested_at,
        record_count
    from named

)

select * from final
