with

captures as (

    select * from {{ ref('int_leads__captures') }}

),

shown as (

    select * from {{ ref('int_identity__record_identifiers') }}
    where identifier_type != '(none)' and listed_as is null

),

person_records as (

    select * from {{ ref('int_identity__person_records') }}

),

first_delivery as (
    select min(first_delivery_date) as first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name || '.' || table_name in ('core_banking.customers', 'crm.contacts')
),

lead_values as (

    select
        captures.lead_source,
        captures.lead_id,
        captures.captured_at,
        shown.identifier_type,
        shown.value_key
    from captures
    inner join shown
        on captures.lead_source = shown.source_name
        and captures.table_name = shown.table_name
        and captures.lead_id = shown.record_id

),

-- Records of who has or had a contract or was written to: what the lead's own sale showed later doesn't count.
customer_values as (

    select
        shown.value_key,
        person_records.person_id,
        min({{ known_at('shown.seen_at', 'first_delivery.first_delivery_date', 'shown.first_ingested_at') }})
            as known_at
    from shown
    cross join first_delivery
    inner join person_records
        on shown.source_name = person_records.source_name
        and shown.table_name = person_records.table_name
        and shown.record_id = person_records.record_id
    where shown.source_name || '.' || shown.table_name in ('core_banking.customers', 'crm.contacts')
    group by shown.value_key, person_records.person_id

),

-- Who shares a phone with a customer may be either of them: then nobody is recognised.
recognised as (

    select
        lead_values.lead_source,
        lead_values.lead_id,
        any_value(customer_values.person_id) as person_id
    from lead_values
    inner join customer_values
        on lead_values.value_key = customer_values.value_key
        and lead_values.captured_at > customer_values.known_at
    group by lead_values.lead_source, lead_values.lead_id
    having count(distinct customer_values.person_id) = 1

),

earlier as (

    select
        lead_values.lead_source,
        lead_values.lead_id,
        count(distinct others.lead_source || ':' || others.lead_id) as lead_count
    from lead_values
    inner join lead_values as others
        on lead_values.value_key = others.value_key
        and lead_values.captured_at - interval 90 day <= others.captured_at
        and lead_values.captured_at > others.captured_at
    group by lead_values.lead_source, lead_values.lead_id

),

reachable as (

    select lead_source, lead_id, list(identifier_type) as identifier_types
    from lead_values
    group by lead_source, lead_id

),

final as (

    select
        captures.lead_source,
        captures.lead_id,
        recognised.person_id,
        cast(coalesce(earlier.lead_count, 0) as integer) as earlier_lead_90d_count,
        coalesce(list_contains(reachable.identifier_types, 'phone'), false) as has_phone,
        coalesce(list_contains(reachable.identifier_types, 'email'), false) as has_email
    from captures
    left join recognised
        on captures.lead_source = recognised.lead_source and captures.lead_id = recognised.lead_id
    left join earlier on captures.lead_source = earlier.lead_source and captures.lead_id = earlier.lead_id
    left join reachable on captures.lead_source = reachable.lead_source and captures.lead_id = reachable.lead_id

)

select * from final
