with

attributes as (

    select * from {{ ref('int_identity__record_attributes') }}

),

person_records as (

    select * from {{ ref('int_identity__person_records') }}

),

rules as (

    select * from {{ ref('survivorship_rules') }}

),

source_trust as (

    select * from {{ ref('source_trust') }}

),

final as (

    select
        person_records.person_id,
        attributes.source_name,
        attributes.table_name,
        attributes.record_id,
        attributes.attribute,
        attributes.attribute_value,
        attributes.seen_at,
        attributes.is_verified,
        rules.attribute_group,
        rules.is_companion,
        rules.strategy,
        coalesce(source_trust.trust_rank, 2147483647) as trust_rank
    from attributes
    inner join person_records
        on attributes.source_name = person_records.source_name
        and attributes.table_name = person_records.table_name
        and attributes.record_id = person_records.record_id
    inner join rules on attributes.attribute = rules.attribute
    left join source_trust
        on attributes.source_name = source_trust.source_name
        and attributes.table_name = source_trust.table_name

)

select * from final
