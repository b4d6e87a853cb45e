with

steps as (

    select * from {{ ref('int_customer__lead_steps') }}

),

customers as (

    select records.reach_id, min(numbers.person_id) as customer_person_id
    from {{ ref('int_customer__customer_numbers') }} as numbers
    inner join {{ ref('int_identity__person_records') }} as records
        on numbers.cif_no = records.record_id
        and records.source_name = 'core_banking'
        and records.table_name = 'customers'
    group by records.reach_id

),

-- Leads mostly show weak identifiers, an address or a number: whose they are is a question of reach, not of persons.
history as (

    select
        reach_id,
        min_by(person_id, (occurred_at, event_id)) as person_id,
        min(occurred_at) as first_lead_at,
        max(occurred_at) as last_lead_at,
        min_by(event_kind, (occurred_at, event_id)) as first_lead_source,
        max_by(event_kind, (occurred_at, event_id)) as last_lead_source,
        min_by(campaign, (occurred_at, event_id)) filter (where campaign is not null) as first_campaign,
        bool_or(coalesce(has_click_id, false)) as has_click_id,
        max_by(product_code, (occurred_at, event_id)) filter (where product_code is not null) as last_product_code,
        count(*) as lead_count,
        count(*) filter (where event_kind = 'registration') as registration_count,
        count(*) filter (where event_kind = 'messenger_lead') as messenger_lead_count,
        count(*) filter (where event_kind = 'ecommerce_order') as order_count,
        count(*) filter (where event_kind = 'manual_lead') as manual_lead_count,
        min(occurred_at) filter (where event_kind = 'registration') as registered_at,
        min(contacted_at) as contacted_at,
        min(qualified_at) as qualified_at,
        min(applied_at) as applied_at,
        min(sold_at) as sold_at,
        max_by(last_outcome, (last_outcome_at, event_id)) filter (where last_outcome is not null) as last_outcome,
        max(last_outcome_at) as last_outcome_at,
        sum(step_count) as step_count
    from steps
    group by reach_id

),

final as (

    select
        history.*,
        customers.customer_person_id,
        customers.customer_person_id is not null as is_customer
    from history
    left join customers on history.reach_id = customers.reach_id

)

select * from final
