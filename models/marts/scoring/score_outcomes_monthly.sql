with

scores as (

    select * from {{ ref('stg_ml__scores') }}

),

alerts as (

    select * from {{ ref('stg_ml__alerts') }}

),

outcomes as (

    select * from {{ ref('stg_ml__outcomes') }}

),

delivered as (

    select
        task,
        model_version,
        as_of_date,
        probability
    from scores
    union all
    select
        task,
        model_version,
        as_of_date,
        probability
    from alerts
    -- What was first scored when older had stayed in work until then: others of its age had come true, and no outcome
    -- is told of it (DAYS_SCORED of ml/frames.py).
    where cast(_first_ingested_at as date) <= as_of_date + 31

),

predicted as (

    select
        task,
        model_version,
        last_day(as_of_date) as month_end_date,
        'scoring' as origin,
        count(*) as scored_count,
        avg(probability) as predicted_rate
    from delivered
    group by task, model_version, last_day(as_of_date)

),

-- A month on which a version was judged when it was learned was never scored: what was said is of the people judged.
final as (

    select
        coalesce(predicted.task, outcomes.task) as task,
        coalesce(predicted.model_version, outcomes.model_version) as model_version,
        coalesce(predicted.month_end_date, outcomes.month_end_date) as month_end_date,
        coalesce(predicted.origin, outcomes.origin) as origin,
        coalesce(predicted.scored_count, outcomes.judged_count) as scored_count,
        cast(coalesce(predicted.predicted_rate, outcomes.judged_predicted_rate) as double) as predicted_rate,
        coalesce(outcomes.judged_count, 0) as judged_count,
        coalesce(outcomes.came_count, 0) as came_count,
        cast(outcomes.judged_predicted_rate as double) as judged_predicted_rate,
        cast(outcomes.realised_rate as double) as realised_rate,
        cast(outcomes.realised_low_rate as double) as realised_low_rate,
        cast(outcomes.realised_high_rate as double) as realised_high_rate,
        cast(outcomes.realised_rate - outcomes.judged_predicted_rate as double) as calibration_gap,
        coalesce(outcomes.state, 'pending') as state,
        coalesce(
            outcomes.month_end_date
            = max(outcomes.month_end_date) over (partition by coalesce(predicted.task, outcomes.task)),
            false
        ) as is_newest
    from predicted
    full outer join outcomes
        on predicted.task = outcomes.task
        and predicted.model_version = outcomes.model_version
        and predicted.month_end_date = outcomes.month_end_date
        and predicted.origin = outcomes.origin

)

select * from final
