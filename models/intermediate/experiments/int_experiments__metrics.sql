with

declared as (

    {{ declared_metrics() }}

),

final as (

    select
        experiment_key,
        metric,
        metric_no,
        metric_kind,
        outcome,
        per_outcome,
        window_days,
        covariate_days,
        is_guardrail
    from declared

)

select * from final
