with

exposures as (

    select * from {{ ref('fct_experiment_exposures') }}
    where is_analysed

),

metrics as (

    select * from {{ ref('int_experiments__metrics') }}

),

outcomes as (

    select * from {{ ref('fct_experiment_outcomes') }}

),

as_of as (

    select {{ local_midnight('as_of_date + interval 1 day') }} as known_until
    from {{ ref('int_customer__as_of') }}
    where as_of_date is not null

),

days as (

    select cast(day_no as integer) as day_no
    from generate_series(0, 27) as numbers (day_no)

),

-- So many have lived through the day since they were first exposed.
counts as (

    select
        exposures.experiment_key,
        exposures.arm,
        metrics.metric,
        days.day_no,
        count(*) as subject_count
    from exposures
    inner join metrics on exposures.experiment_key = metrics.experiment_key
    cross join as_of
    inner join days
        on days.day_no < coalesce(metrics.window_days, 28)
        and exposures.first_exposed_at + to_days(days.day_no + 1) <= as_of.known_until
    group by exposures.experiment_key, exposures.arm, metrics.metric, days.day_no

),

subject_days as (

    select
        exposures.experiment_key,
        exposures.arm,
        exposures.subject_id,
        metrics.metric,
        metrics.metric_kind,
        days.day_no,
        coalesce(sum(outcomes.value) filter (where outcomes.outcome = metrics.outcome), 0) as amount,
        coalesce(sum(outcomes.value) filter (where outcomes.outcome = metrics.per_outcome), 0) as per
    from exposures
    inner join metrics on exposures.experiment_key = metrics.experiment_key
    inner join outcomes
        on exposures.subject_id = outcomes.subject_id
        and outcomes.outcome in (metrics.outcome, metrics.per_outcome)
    inner join days
        on outcomes.happened_at >= exposures.first_exposed_at + to_days(days.day_no)
        and outcomes.happened_at < exposures.first_exposed_at + to_days(days.day_no + 1)
    group by all

),

values_by_day as (

    select
        *,
        {{ amount_or_whether('amount', 'metric_kind') }} as value
    from subject_days

),

sums as (

    select
        experiment_key,
        arm,
        metric,
        day_no,
        sum(value) as value_sum,
        sum(value * value) as value_square_sum,
        sum(per) as per_sum,
        sum(per * per) as per_square_sum,
        sum(value * per) as value_per_sum
    from values_by_day
    group by experiment_key, arm, metric, day_no

),

final as (

    select
        counts.experiment_key,
        counts.arm,
        counts.metric,
        counts.day_no,
        counts.subject_count,
        coalesce(sums.value_sum, 0) as value_sum,
        coalesce(sums.value_square_sum, 0) as value_square_sum,
        coalesce(sums.per_sum, 0) as per_sum,
        coalesce(sums.per_square_sum, 0) as per_square_sum,
        coalesce(sums.value_per_sum, 0) as value_per_sum
    from counts
    left join sums
        on counts.experiment_key = sums.experiment_key
        and counts.arm = sums.arm
        and counts.metric = sums.metric
        and counts.day_no = sums.day_no

)

select * from final
