{{ config(materialized='view') }}

with

final as (

    select
        transaction_id as event_id,
        holder_type,
        holder_no
    from {{ ref('int_events__movement_holders') }}

    union all

    select
        'digital.events:' || event_id as event_id,
        'visit_part' as holder_type,
        visit_part_id as holder_no
    from {{ ref('int_identity__visit_events') }}

    union all

    select
        event_id,
        owner_type as holder_type,
        owner_no as holder_no
    from {{ ref('int_events__behaviour') }}
    where owner_type != 'visit_event'

)

select * from final
