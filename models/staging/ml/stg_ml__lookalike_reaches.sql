with

arrivals as (
    {{ latest_arrivals('ml', 'lookalike_reaches', key=['segment', 'reach_rate', 'as_of_date', 'model_version']) }}
),

final as (

    select
        segment,
        reach_rate,
        as_of_date,
        model_version,
        profile_count,
        likeness_rate,
        expected_lift,
        lift,
        lift_low,
        lift_high,
        seed_count,
        champion_no,
        _first_ingested_at,
        _ingested_at,
        _superseded_at,
        _batch_id
    from arrivals

)

select * from final
