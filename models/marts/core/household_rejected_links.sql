with

links as (

    select * from {{ ref('int_identity__household_links') }}

),

households as (

    select * from {{ ref('int_identity__households') }}

),

final as (

    select
        links.person_id,
        links.evidence_type,
        links.evidence_key,
        case when links.is_admitted then 'household' else links.evidence_type end as rule,
        case when links.is_admitted then households.member_count else links.person_count end as person_count
    from links
    left join households on links.person_id = households.person_id
    where not links.is_admitted or not households.is_admitted

)

select * from final
