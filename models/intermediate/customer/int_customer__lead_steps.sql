with

records as (

    select * from {{ ref('int_identity__person_records') }}

),

leads as (

    select
        events.*,
        records.person_id,
        records.reach_id
    from {{ ref('int_events__lead_events') }} as events
    inner join records
        on events.event_id = records.source_name || '.' || records.table_name || ':' || records.record_id

),

-- The CRM calls a lead by its source and key there.
outcomes as (

    select
        case lead_source
            when 'website' then 'website.registrations:'
            when 'messenger' then 'messenger.leads:'
            when 'ecommerce' then 'ecommerce.orders:'
            when 'branch' then 'core_banking.branch_visits:'
            when 'call_centre' then 'crm.call_centre_cases:'
            else 'manual.uploads:'
        end || lead_id as event_id,
        min(occurred_at) filter (where outcome in ('contacted', 'qualified')) as contacted_at,
        min(occurred_at) filter (where outcome = 'qualified') as qualified_at,
        min(occurred_at) filter (where outcome = 'applied') as applied_at,
        min(occurred_at) filter (where outcome = 'won') as sold_at,
        max_by(outcome, (occurred_at, lead_outcome_id)) as last_outcome,
        max(occurred_at) as last_outcome_at,
        count(*) as step_count
    from {{ ref('stg_crm__lead_outcomes') }}
    group by all

),

final as (

    select
        leads.event_id,
        leads.person_id,
        leads.reach_id,
        leads.event_kind,
        leads.occurred_at,
        leads.channel,
        leads.product_code,
        leads.campaign,
        leads.has_click_id,
        leads.has_marketing_consent,
        outcomes.contacted_at,
        outcomes.qualified_at,
        outcomes.applied_at,
        outcomes.sold_at,
        outcomes.last_outcome,
        outcomes.last_outcome_at,
        coalesce(outcomes.step_count, 0) as step_count
    from leads
    left join outcomes on leads.event_id = outcomes.event_id

)

select * from final
