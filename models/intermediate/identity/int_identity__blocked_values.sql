with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

crowded_values as (

    select * from {{ ref('int_identity__crowded_values') }}

),

final as (

    select
        value_key,
        identifier_type,
        'static' as reason,
        min(listed_as) as metric,
        cast(null as bigint) as metric_value,
        cast(null as integer) as metric_limit
    from record_identifiers
    where listed_as is not null
    group by value_key, identifier_type

    union all

    -- Of several counts the one of the strongest type is told.
    select
        value_key,
        identifier_type,
        'automatic' as reason,
        metric,
        metric_value,
        metric_limit
    from crowded_values
    qualify row_number() over (partition by value_key order by metric_priority) = 1

)

select * from final
