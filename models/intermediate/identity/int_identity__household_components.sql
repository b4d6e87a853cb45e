with recursive  -- noqa: PRS

links as (

    select * from {{ ref('int_identity__household_links') }}
    where is_admitted

),

-- Who shares an address or account is linked with the smallest of them: a star holds together what pairs would.
stars as (

    select
        person_id,
        min(person_id) over (partition by evidence_type, evidence_key) as centre_id
    from links

),

edges as (

    select centre_id as from_id, person_id as to_id from stars where centre_id != person_id
    union
    select person_id as from_id, centre_id as to_id from stars where centre_id != person_id

),

-- Each person takes over the smallest label a neighbour has, until none changes any more.
components(person_id, component_id) using key (person_id) as (

    select from_id as person_id, from_id as component_id
    from edges
    group by from_id

    union

    select
        edges.to_id as person_id,
        min(changed.component_id) as component_id
    from components as changed
    inner join edges on changed.person_id = edges.from_id
    inner join recurring.components as known on edges.to_id = known.person_id
    where changed.component_id < known.component_id
    group by edges.to_id

),

final as (

    select person_id, component_id from components

)

select * from final
