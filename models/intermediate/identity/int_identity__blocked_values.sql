with

record_identifiers as (

    select * from {{ ref('int_identity__record_identifiers') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

listed_values as (

    select * from {{ ref('int_identity__listed_values') }}

),

shown as (

    select
        record_identifiers.record_key,
        record_identifiers.value_key,
        rules.identifier_type,
        rules.priority,
        rules.role,
        rules.evidence = 'declared' as is_declared,
        rules.max_anchors
    from record_identifiers
    inner join rules on record_identifiers.identifier_type = rules.identifier_type
    left join listed_values on record_identifiers.value_key = listed_values.value_key
    where listed_values.value_key is null and rules.parts is null

),

-- Fewer records than anchors allowed can't show too many anchors; that spares nearly all values the join.
frequent_values as (

    select value_key
    from shown
    where max_anchors is not null
    group by value_key
    having count(*) > max(max_anchors)

),

frequent as (

    select shown.*
    from shown
    inner join frequent_values on shown.value_key = frequent_values.value_key

),

-- What the records of a value show that is stronger, and the facts. Composites would only count names and facts again.
anchored as (

    select
        frequent.record_key,
        frequent.value_key,
        frequent.identifier_type,
        frequent.max_anchors,
        anchors.identifier_type as metric,
        anchors.priority as metric_priority,
        anchors.role as metric_role,
        anchors.value_key as anchor_key
    from frequent
    inner join shown as anchors
        on
            frequent.record_key = anchors.record_key
            and (anchors.role = 'contradicts' or anchors.role = 'joins' and anchors.priority < frequent.priority)

),

-- A telephone on lists that hold nothing but names: then the names count.
named as (

    select
        frequent.value_key,
        frequent.identifier_type,
        frequent.max_anchors,
        names.identifier_type as metric,
        names.priority as metric_priority,
        names.value_key as anchor_key
    from frequent
    inner join shown as names on frequent.record_key = names.record_key and names.identifier_type = 'full_name'
    left join anchored
        on
            frequent.record_key = anchored.record_key
            and frequent.value_key = anchored.value_key
            and anchored.metric_role = 'joins'
    where frequent.is_declared and anchored.record_key is null

),

counted as (

    select value_key, identifier_type, max_anchors, metric, metric_priority, count(distinct anchor_key) as metric_value
    from (
        select value_key, identifier_type, max_anchors, metric, metric_priority, anchor_key from anchored
        union all
        select value_key, identifier_type, max_anchors, metric, metric_priority, anchor_key from named
    ) as anchors
    group by value_key, identifier_type, max_anchors, metric, metric_priority
    having count(distinct anchor_key) > max_anchors

),

final as (

    select
        value_key, identifier_type, 'static' as reason, reason as metric,
        cast(null as bigint) as metric_value, cast(null as integer) as metric_limit
    from listed_values

    union all

    select value_key, identifier_type, 'automatic' as reason, metric, metric_value, max_anchors as metric_limit
    from counted
    qualify row_number() over (partition by value_key order by metric_priority) = 1

)

select * from final
