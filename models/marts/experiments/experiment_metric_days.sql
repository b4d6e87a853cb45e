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

lived as (

    select
        exposures.experiment_key,
        exposures.arm,
        metrics.metric,
        least(
            coalesce(metrics.window_days, 28), date_sub('hour', exposures.first_exposed_at, as_of.known_until) // 24
        ) as day_count,
        count(*) as subject_count
    from exposures
    inner join metrics on exposures.experiment_key = metrics.experiment_key
    cross join as_of
    group by all

),

-- So many have lived through the day since they were first exposed.
counts as (

    select
        lived.experiment_key,
        lived.arm,
        lived.metric,
        cast(days.day_no as integer) as day_no,
        cast(sum(lived.subject_count) as bigint) as subject_count
    from lived
    inner join generate_series(0, 27) as days (day_no) on lived.day_count > days.day_no
    group by lived.experiment_key, lived.arm, lived.metric, days.day_no

),

happened as (

    select
        exposures.experiment_key,
        exposures.arm,
        exposures.subject_id,
        metrics.metric,
        metrics.metric_kind,
        cast(date_sub('hour', exposures.first_exposed_at, outcomes.happened_at) // 24 as integer) as day_no,
        case when metrics.outcome = outcomes.outcome then outcomes.value end as amount,
        case when metrics.per_outcome = outcomes.outcome then outcomes.value end as per_amount
    from exposures
    inner join metrics on exposures.experiment_key = metrics.experiment_key
    inner join outcomes
        on exposures.subject_id = outcomes.subject_id
        and exposures.first_exposed_at <= outcomes.happened_at
        and exposures.first_exposed_at + interval 28 day > outcomes.happened_at
        and outcomes.outcome in (metrics.outcome, metrics.per_outcome)

),

subject_days as (

    select
        experiment_key,
        arm,
        subject_id,
        metric,
        metric_kind,
        day_no,
        coalesce({{ exact_sum('amount') }}, 0) as amount,
        coalesce({{ exact_sum('per_amount') }}, 0) as per
    from happened
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
        {{ exact_sum('value') }} as value_sum,
        {{ exact_sum('value * value') }} as value_square_sum,
        {{ exact_sum('per') }} as per_sum,
        {{ exact_sum('per * per') }} as per_square_sum,
        {{ exact_sum('value * per') }} as value_per_sum
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
