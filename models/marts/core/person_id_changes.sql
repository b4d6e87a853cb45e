with

persons as (

    select * from {{ ref('int_identity__persons') }}

),

records as (

    select * from {{ ref('int_identity__record_components') }}

),

links as (

    select * from {{ ref('int_identity__joining_links') }}

),

-- What each identifier value would be called if nothing had ever linked it.
single_values as (

    select
        identifier_key,
        component_key,
        {{ person_id_of_first_record() }} as person_id,
        min(first_ingested_at) as first_ingested_at
    from records
    where identifier_key is not null
    group by identifier_key, component_key

),

first_links as (

    select identifier_key, min(linked_at) as linked_at
    from (
        select identifier_key, linked_at from links where is_admitted
        union all
        select other_identifier_key as identifier_key, linked_at from links where is_admitted
    ) as ends
    group by identifier_key

),

created as (

    select
        person_id,
        'created' as change_type,
        cast(null as varchar) as successor_person_id,
        first_ingested_at as changed_at
    from persons

),

merged as (

    -- Arrivals of one delivery differ by microseconds only; a value linked in the delivery that
    -- brought it never was a person of its own.
    select
        single_values.person_id,
        'merged' as change_type,
        persons.person_id as successor_person_id,
        first_links.linked_at as changed_at
    from single_values
    inner join persons on single_values.component_key = persons.component_key
    inner join first_links on single_values.identifier_key = first_links.identifier_key
    where
        single_values.person_id != persons.person_id
        and date_trunc('second', first_links.linked_at) > date_trunc('second', single_values.first_ingested_at)

),

final as (

    select * from created
    union all
    select * from merged

)

select * from final
