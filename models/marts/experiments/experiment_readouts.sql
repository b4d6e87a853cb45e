with

readouts as (

    select * from {{ ref('int_experiments__readouts') }}

),

final as (

    select
        experiment_key,
        arm,
        metric,
        as_of_date,
        metric_no,
        metric_kind,
        is_guardrail,
        control_count,
        arm_count,
        control_mean,
        arm_mean,
        difference,
        difference_low,
        difference_high,
        p_value,
        holm_p_value,
        bh_p_value,
        sequential_low,
        sequential_high,
        sequential_p_value,
        relative_effect,
        relative_low,
        relative_high,
        relative_sequential_low,
        relative_sequential_high,
        chance_to_win,
        expected_effect,
        loss_if_chosen,
        variance_reduction,
        detectable_effect,
        guardrail_state,
        sample_ratio_p_value,
        several_arms_count,
        verdict,
        verdict_arm,
        verdict_reason,
        is_newest
    from readouts

)

select * from final
