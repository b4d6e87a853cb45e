with

parts as (

    select * from {{ ref('int_identity__visit_parts') }}

),

-- A part has one row: nothing but a device that gives the same id twice could repeat itself.
shown as (

    select visit_part_id, 'anonymous_id' as identifier_type, user_pseudo_id as identifier_value from parts
    union all
    select visit_part_id, 'device_id' as identifier_type, device_vendor_id as identifier_value from parts
    union all
    select visit_part_id, 'device_id' as identifier_type, device_advertising_id as identifier_value from parts
    where device_advertising_id is distinct from device_vendor_id

),

-- Phones that hide their advertising id all send the same zeros.
final as (

    select
        visit_part_id,
        identifier_type || ':' || identifier_value as observed_id
    from shown
    where not {{ matches_fully('identifier_value', '[0-]*') }}

)

select * from final
