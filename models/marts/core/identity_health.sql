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
        case when own.metric is null then general.min_value else own.min_value end as min_value,
        case when own.metric is null then general.max_value else own.max_value end as max_value,
        case when own.metric is null then general.severity else own.severity end as severity
    from rates
    left join thresholds as own on rates.metric = own.metric and rates.dimension = own.dimension
    left join thresholds as general on rates.metric = general.metric and general.dimension = 'all'

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
