with

metrics as (

    select * from {{ ref('int_identity__metrics') }}
    union all
    select * from {{ ref('int_identity__source_metrics') }}

),

thresholds as (

    select * from {{ ref('identity_thresholds') }}

),

rates as (

    select
        *,
        cast(value_count as double) / nullif(of_count, 0) as value_rate
    from metrics

),

-- A dimension's own threshold goes before the metric's.
chosen as (

    select
        rates.*,
        thresholds.min_value,
        thresholds.max_value,
        thresholds.severity
    from rates
    left join thresholds
        on rates.metric = thresholds.metric
        and thresholds.dimension in (rates.dimension, 'all')
    qualify row_number() over (
        partition by rates.metric, rates.dimension
        order by thresholds.dimension = rates.dimension desc nulls last
    ) = 1

),

final as (

    select
        metric,
        dimension,
        value_count,
        of_count,
        value_rate,
        min_value,
        max_value,
        severity,
        -- Where there is a whole, its share is held against the threshold; a share of nothing breaks none.
        case when of_count is null then value_count else coalesce(value_rate, min_value, 0) end
            between coalesce(min_value, '-infinity') and coalesce(max_value, 'infinity') as is_within_thresholds
    from chosen

)

select * from final
