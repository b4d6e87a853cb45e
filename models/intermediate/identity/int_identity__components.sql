with recursive  -- noqa: PRS

links as (

    select identifier_key, other_identifier_key
    from {{ ref('int_identity__joining_links') }}
    where is_admitted

),

edges as (

    select identifier_key as from_key, other_identifier_key as to_key from links
    union all
    select other_identifier_key as from_key, identifier_key as to_key from links

),

-- Each value takes over the smallest label a neighbour has, until none changes any more.
components(identifier_key, component_key) using key (identifier_key) as (

    select from_key as identifier_key, from_key as component_key
    from edges
    group by from_key

    union

    select
        edges.to_key as identifier_key,
        min(changed.component_key) as component_key
    from components as changed
    inner join edges on changed.identifier_key = edges.from_key
    inner join recurring.components as known on edges.to_key = known.identifier_key
    where changed.component_key < known.component_key
    group by edges.to_key

),

final as (

    select identifier_key, component_key from components

)

select * from final
