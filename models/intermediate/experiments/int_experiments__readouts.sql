with

readouts as (

    select * from {{ ref('stg_ml__readouts') }}

),

-- What an experiment was read as on a day is one delivery: an arm or metric that it no longer has is not of it.
last_deliveries as (

    select
        experiment_key,
        as_of_date,
        max(_ingested_at) as delivered_at
    from readouts
    group by experiment_key, as_of_date

),

final as (

    select
        readouts.experiment_key,
        readouts.arm,
        readouts.metric,
        readouts.as_of_date,
        readouts.metric_no,
        readouts.metric_kind,
        readouts.is_guardrail,
        readouts.control_count,
        readouts.arm_count,
        cast(readouts.control_mean as double) as control_mean,
        cast(readouts.arm_mean as double) as arm_mean,
        cast(readouts.difference as double) as difference,
        cast(readouts.difference_low as double) as difference_low,
        cast(readouts.difference_high as double) as difference_high,
        cast(readouts.p_value as double) as p_value,
        cast(readouts.holm_p_value as double) as holm_p_value,
        cast(readouts.bh_p_value as double) as bh_p_value,
        cast(readouts.sequential_low as double) as sequential_low,
        cast(readouts.sequential_high as double) as sequential_high,
        cast(readouts.sequential_p_value as double) as sequential_p_value,
        cast(readouts.relative_effect as double) as relative_effect,
        cast(readouts.relative_low as double) as relative_low,
        cast(readouts.relative_high as double) as relative_high,
        cast(readouts.relative_sequential_low as double) as relative_sequential_low,
        cast(readouts.relative_sequential_high as double) as relative_sequential_high,
        cast(readouts.chance_to_win as double) as chance_to_win,
        cast(readouts.expected_effect as double) as expected_effect,
        cast(readouts.loss_if_chosen as double) as loss_if_chosen,
        cast(readouts.variance_reduction as double) as variance_reduction,
        cast(readouts.detectable_effect as double) as detectable_effect,
        readouts.guardrail_state,
        cast(readouts.sample_ratio_p_value as double) as sample_ratio_p_value,
        readouts.several_arms_count,
        readouts.verdict,
        readouts.verdict_arm,
        readouts.verdict_reason,
        readouts.as_of_date = max(readouts.as_of_date) over (partition by readouts.experiment_key) as is_newest
    from readouts
    inner join last_deliveries
        on readouts.experiment_key = last_deliveries.experiment_key
        and readouts.as_of_date = last_deliveries.as_of_date
        and readouts._ingested_at = last_deliveries.delivered_at

)

select * from final
