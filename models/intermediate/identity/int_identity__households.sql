with

components as (

    select * from {{ ref('int_identity__household_components') }}

),

-- The day on which the bank's house first heard of a person: of one delivery the order of loading means nothing.
arrivals as (

    select
        person_id,
        min(cast(first_ingested_at as date)) as first_ingested_date
    from {{ ref('int_identity__person_records') }}
    group by person_id

),

rules as (

    select * from {{ ref('household_rules') }} where rule = 'household'

),

-- The member who arrived first names the household, so who joins later doesn't change its id.
named as (

    select
        components.component_id,
        'h' || left(md5(min_by(components.person_id, (arrivals.first_ingested_date, components.person_id))), 24)
            as household_id,
        cast(count(*) as integer) as member_count
    from components
    inner join arrivals on components.person_id = arrivals.person_id
    group by components.component_id

),

final as (

    select
        components.person_id,
        named.household_id,
        named.member_count,
        named.member_count <= rules.max_people as is_admitted
    from components
    inner join named on components.component_id = named.component_id
    cross join rules

)

select * from final
