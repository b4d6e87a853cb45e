with

exposures as (

    select * from {{ ref('fct_experiment_exposures') }}
    where is_analysed

),

experiments as (

    select * from {{ ref('int_experiments__experiments') }}

),

metrics as (

    select * from {{ ref('int_experiments__metrics') }}

),

outcomes as (

    select * from {{ ref('fct_experiment_outcomes') }}

),

as_of as (

    select
        as_of_date,
        {{ local_midnight('as_of_date + interval 1 day') }} as known_until
    from {{ ref('int_customer__as_of') }}
    where as_of_date is not null

),

periods as (

    select
        exposures.experiment_key,
        exposures.arm,
        exposures.subject_id,
        metrics.metric,
        metrics.metric_kind,
        metrics.outcome,
        metrics.per_outcome,
        as_of.as_of_date,
        exposures.first_exposed_at,
        exposures.first_exposed_at - to_days(coalesce(metrics.covariate_days, 0)) as begins_at,
        case
            when metrics.window_days is not null then exposures.first_exposed_at + to_days(metrics.window_days)
            else least(
                as_of.known_until,
                coalesce({{ local_midnight('experiments.stop_date + interval 1 day') }}, as_of.known_until)
            )
        end as ends_at,
        as_of.known_until
    from exposures
    inner join experiments on exposures.experiment_key = experiments.experiment_key
    inner join metrics on exposures.experiment_key = metrics.experiment_key
    cross join as_of

),

-- Who can still do it counts once the time to do it is over, in every arm.
whole_periods as (

    select *
    from periods
    where ends_at <= known_until and first_exposed_at < known_until

),

happened as (

    select
        whole_periods.experiment_key,
        whole_periods.metric,
        whole_periods.subject_id,
        outcomes.outcome = whole_periods.outcome as is_value,
        outcomes.outcome = whole_periods.per_outcome as is_per,
        outcomes.happened_at < whole_periods.first_exposed_at as is_before,
        outcomes.value as amount
    from whole_periods
    inner join outcomes
        on whole_periods.subject_id = outcomes.subject_id
        and outcomes.outcome in (whole_periods.outcome, whole_periods.per_outcome)
        and whole_periods.begins_at <= outcomes.happened_at
        and whole_periods.ends_at > outcomes.happened_at

),

totals as (

    select
        experiment_key,
        metric,
        subject_id,
        {{ exact_sum('case when is_value and not is_before then amount end') }} as value,
        {{ exact_sum('case when is_per and not is_before then amount end') }} as per,
        {{ exact_sum('case when is_value and is_before then amount end') }} as value_before,
        {{ exact_sum('case when is_per and is_before then amount end') }} as per_before
    from happened
    group by experiment_key, metric, subject_id

),

-- Of a proportion it is asked whether it happened at all.
subjects as (

    select
        whole_periods.experiment_key,
        whole_periods.arm,
        whole_periods.metric,
        whole_periods.as_of_date,
        {{ amount_or_whether('totals.value', 'whole_periods.metric_kind') }} as value,
        {{ amount_or_whether('totals.per', 'whole_periods.metric_kind') }} as per,
        {{ amount_or_whether('totals.value_before', 'whole_periods.metric_kind') }} as value_before,
        {{ amount_or_whether('totals.per_before', 'whole_periods.metric_kind') }} as per_before
    from whole_periods
    left join totals
        on whole_periods.experiment_key = totals.experiment_key
        and whole_periods.metric = totals.metric
        and whole_periods.subject_id = totals.subject_id

),

final as (

    select
        experiment_key,
        arm,
        metric,
        max(as_of_date) as as_of_date,
        {{ moment_columns() }}
    from subjects
    group by experiment_key, arm, metric

)

select * from final
