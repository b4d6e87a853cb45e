{{ config(materialized='view') }}

with

records as (

    select * from {{ ref('int_identity__person_records') }}
    where
        (source_name = 'core_banking' and table_name = 'branch_visits')
        or source_name in ('crm', 'website', 'messenger', 'ecommerce', 'manual')

),

final as (

    select
        'record' as owner_type,
        source_name || '.' || table_name || ':' || record_id as owner_no,
        person_id
    from records

    union all

    select
        'card' as owner_type,
        card_token as owner_no,
        person_id
    from {{ ref('int_customer__cards') }}

    union all

    select
        'own_message' as owner_type,
        'activation.message_events:' || message_event_id as owner_no,
        person_id
    from {{ ref('int_campaigns__sender_events') }}

    union all

    select
        'subject' as owner_type,
        event_id as owner_no,
        person_id
    from {{ ref('int_customer__consent_subjects') }}
    where is_sole_person

)

select * from final
