{{ config(materialized='view') }}

with

message_months as (

    select * from {{ ref('int_finance__message_months') }}

),

sender_events as (

    select * from {{ ref('int_campaigns__sender_events') }}

),

-- The CRM writes to a contact, whose person may change; what is sent from here goes to a person.
final as (

    select
        'contact' as holder_type,
        contact_id as holder_no,
        campaign_id,
        channel,
        month_end_date,
        message_count
    from message_months

    union all

    select
        'person' as holder_type,
        person_id as holder_no,
        campaign_id,
        channel,
        last_day({{ local_date('occurred_at') }}) as month_end_date,
        count(*) as message_count
    from sender_events
    where event_type = 'sent'
    group by all

)

select * from final
