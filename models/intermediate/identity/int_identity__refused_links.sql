{%- set clusters = ref('int_identity__clusters') -%}

with

-- Written by the engine beside its table.
refused as (

    select * from {{ clusters.incorporate(path={'identifier': clusters.identifier ~ '__refused'}) }}

),

links as (

    select * from {{ ref('int_identity__links') }}

),

rules as (

    select * from {{ ref('identifier_rules') }}

),

final as (

    select
        refused.record_key,
        refused.value_key,
        links.joins_as,
        case
            when refused.limit_key = {{ limit_keys().strict_person }} then 'strict_person'
            when refused.limit_key = {{ limit_keys().any }} then 'any'
            else coalesce(rules.identifier_type, 'cannot_link')
        end as constraint_type,
        refused.own_value_key,
        refused.competing_value_key,
        refused.competing_record_key
    from refused
    inner join links on refused.record_key = links.record_key and refused.value_key = links.value_key
    left join rules on refused.limit_key = rules.priority

)

select * from final
