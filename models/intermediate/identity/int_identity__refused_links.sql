-- Skeleton: the engine writes these.
select
    record_key,
    value_key,
    joins_as,
    identifier_type as constraint_type,
    value_key as own_value_key,
    value_key as competing_value_key,
    record_key as competing_record_key
from {{ ref('int_identity__links') }}
where false
