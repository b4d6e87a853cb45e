with

owners as (

    select * from {{ ref('int_identity__visit_owners') }}

),

final as (

    select
        visit_part_id,
        visit_id,
        session_key,
        valid_from,
        valid_to,
        event_count,
        person_id,
        visitor_id,
        candidate_person_id,
        confidence,
        first_ingested_at
    from owners

)

select * from final
