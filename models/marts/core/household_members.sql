with

households as (

    select * from {{ ref('int_identity__households') }}
    where is_admitted

),

links as (

    select * from {{ ref('int_identity__household_links') }}
    where is_admitted

),

evidence as (

    select
        person_id,
        string_agg(distinct evidence_type, ', ' order by evidence_type) as evidence_types,
        min(since_date) as since_date
    from links
    group by person_id

),

final as (

    select
        households.household_id,
        households.person_id,
        evidence.evidence_types,
        evidence.since_date,
        households.member_count
    from households
    inner join evidence on households.person_id = evidence.person_id

)

select * from final
