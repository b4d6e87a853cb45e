-- Skeleton: plain components over strong links, until the engine replaces it.
with recursive  -- noqa: PRS

links as (select record_key, value_key from {{ ref('int_identity__links') }} where joins_as = 'person'),

edges as (
    select record_key as a, value_key as b from links
    union all
    select value_key as a, record_key as b from links
),

walk(node, label) using key (node) as (
    select a as node, a as label from edges group by a
    union
    select edges.b as node, min(changed.label) as label
    from walk as changed
    inner join edges on changed.node = edges.a
    inner join recurring.walk as known on edges.b = known.node
    where changed.label < known.label
    group by edges.b
),

final as (
    select records.record_key, coalesce(walk.label, records.record_key) as label
    from (select record_key from {{ ref('int_identity__links') }} where joins_as is not null group by record_key) as records
    left join walk on records.record_key = walk.node
)

select
    record_key,
    min(record_key) over (partition by label) as linked_key,
    min(record_key) over (partition by label) as person_key,
    min(record_key) over (partition by label) as reach_key
from final
