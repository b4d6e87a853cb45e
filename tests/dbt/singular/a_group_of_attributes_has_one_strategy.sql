-- Attributes that move together can't be picked by different rules.
select
    attribute_group,
    count(distinct strategy) as strategy_count
from {{ ref('survivorship_rules') }}
group by attribute_group
having count(distinct strategy) > 1
