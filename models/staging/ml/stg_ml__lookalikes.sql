with

arrivals as (
    {{ latest_arrivals('ml', 'lookalikes', key=['segment', 'audience_profile_id', 'as_of_date', 'model_version']) }}
),

final as (

    select
        segment,
        audience_profile_id,
        as_of_date,
        model_version,
        likeness_rate,
        rank,
        reach_rate,
        champion_no,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
