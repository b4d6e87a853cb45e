{{ config(materialized='view') }}

with

final as (

    select
        'crm.message_events' as told_in,
        events.message_event_id,
        events.message_id,
        events.campaign_id,
        records.person_id,
        'marketing' as purpose,
        events.channel,
        events.event_type,
        events.occurred_at,
        events._first_ingested_at
    from {{ ref('stg_crm__message_events') }} as events
    left join {{ ref('int_identity__person_records') }} as records
        on
            events.contact_id = records.record_id
            and records.source_name = 'crm'
            and records.table_name = 'contacts'

    union all

    select
        'activation.message_events' as told_in,
        message_event_id,
        message_id,
        campaign_id,
        person_id,
        coalesce(purpose, 'marketing') as purpose,
        channel,
        event_type,
        occurred_at,
        _first_ingested_at
    from {{ ref('int_campaigns__sender_events') }}

)

select * from final
