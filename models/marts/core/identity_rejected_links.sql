with

refused_links as (

    select * from {{ ref('int_identity__refused_links') }}

),

final as (

    select
        cast(value_key as varchar) as identifier_key,
        cast(competing_value_key as varchar) as competing_identifier_key,
        constraint_type as constraint_name,
        joins_as as rule_table,
        cast(null as timestamp) as linked_at
    from refused_links

)

select * from final
