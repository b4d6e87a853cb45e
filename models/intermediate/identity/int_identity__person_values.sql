with

links as (

    select * from {{ ref('int_identity__links') }}

),

records as (

    select * from {{ ref('int_identity__records') }}

),

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

shown as (

    select
        records.person_key,
        links.value_key,
        any_value(links.identifier_type) as identifier_type,
        bool_or(
            links.joins_as = 'person'
            and not links.is_expired
            and not links.is_blocked
            and refused_links.record_key is null
        ) as is_strict,
        min(records.first_ingested_at) as first_ingested_at
    from links
    inner join records on links.record_key = records.record_key
    left join refused_links
        on links.record_key = refused_links.record_key
        and links.value_key = refused_links.value_key
    where links.joins_as is not null
    group by records.person_key, links.value_key

),

-- Links that joined make a value one person's. Should it ever be two persons', the first to show it holds it.
holders as (

    select value_key, min_by(person_key, (first_ingested_at, person_key)) as person_key
    from shown
    where is_strict
    group by value_key

),

known_persons as (

    select person_key from shown where is_strict group by person_key

),

final as (

    select
        shown.person_key,
        shown.value_key,
        shown.identifier_type,
        holders.value_key is not null as is_held,
        shown.first_ingested_at
    from shown
    inner join known_persons on shown.person_key = known_persons.person_key
    left join holders on shown.value_key = holders.value_key and shown.person_key = holders.person_key

)

select * from final
