with

arrivals as (
    {{ latest_arrivals('core_banking', 'branch_visits', key=['branch_visit_id']) }}
),

final as (

    select
        branch_visit_id,
        branch_id,
        cif_no,
        visited_at,
        lower(service_type) as service_type,
        wait_seconds,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
