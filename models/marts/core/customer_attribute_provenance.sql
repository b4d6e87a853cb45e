with

golden_values as (

    select * from {{ ref('int_customer__golden_values') }}

),

final as (

    select
        person_id,
        attribute,
        attribute_group,
        attribute_value,
        source_name as source,
        table_name,
        record_id,
        seen_at,
        is_verified,
        strategy,
        agreeing_record_count,
        disagreeing_record_count
    from golden_values

)

select * from final
