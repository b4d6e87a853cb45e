with

arrivals as (
    {{ latest_arrivals('activation', 'programme_entries', key=['entry_id']) }}
),

final as (

    select
        entry_id,
        programme,
        version,
        person_id,
        entered_at,
        step,
        waiting_until_at,
        because,
        status,
        ended_at,
        as_of_date,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
