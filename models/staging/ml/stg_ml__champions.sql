with

arrivals as (
    {{ latest_arrivals('ml', 'champions', key=['task', 'model_version']) }}
),

final as (

    select
        task,
        model_version,
        is_undone,
        champion_no,
        as_of_date,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
