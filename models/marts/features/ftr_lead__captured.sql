with

known_before as (select * from {{ ref('int_leads__known_before') }}),

leads as (select * from {{ ref('fct_leads') }}),

captures as (select * from {{ ref('int_leads__captures') }}),

in_work as (select * from {{ ref('leads_in_work') }}),

products as (select * from {{ ref('dim_products') }}),

held_products as (select * from {{ ref('customer_products') }}),

months as (

    select features.*, ids.current_person_id
    from {{ ref('ftr_customer__monthly') }} as features
    inner join {{ ref('current_person_ids') }} as ids on features.person_id = ids.person_id
    where features.is_closed
    -- Of two who turned out to be one person, the longer relationship counts.
    qualify row_number() over (
        partition by ids.current_person_id, features.month_end_date
        order by features.tenure_months desc, features.person_id asc
    ) = 1

),

visits as (select * from {{ ref('fct_visits') }}),

event_owners as (select * from {{ ref('event_owners') }}),

events as (select * from {{ ref('int_events__digital_events') }}),

asked as (

    select
        leads.*,
        known_before.person_id as recognised_person_id,
        known_before.earlier_lead_90d_count,
        known_before.has_phone,
        known_before.has_email,
        products.product_family,
        captures.stated_income_amount,
        captures.visitor_id,
        -- The last month that had been closed by then, as its customers were known at its closing.
        last_day(cast(leads.captured_date - {{ var('month_closing_days') }} - interval 1 month as date))
            as known_month_end_date
    from leads
    inner join known_before
        on leads.lead_source = known_before.lead_source and leads.lead_id = known_before.lead_id
    left join products on leads.product_code = products.product_code
    inner join captures on leads.lead_source = captures.lead_source and leads.lead_id = captures.lead_id

),

held as (

    select
        asked.lead_key,
        bool_or(held_products.product_code = asked.product_code) as is_product_held,
        bool_or(held_products.product_family = asked.product_family) as is_family_held
    from asked
    inner join held_products
        on asked.recognised_person_id = held_products.person_id
        and asked.captured_date > held_products.opened_date
        and coalesce(asked.captured_date <= held_products.closed_date, true)
    group by asked.lead_key

),

-- A visit goes on after the lead came, and what happened then wasn't known: events count, not whole visits.
looked as (

    select
        asked.lead_key,
        count(distinct visits.visit_id) as visit_count,
        count(*) filter (where events.event_kind = 'page_view') as page_view_count,
        sum(events.engagement_time_msec) // 1000 as engagement_seconds,
        count(*) filter (where events.event_kind = 'application_start') as application_start_count
    from asked
    inner join event_owners
        on asked.visitor_id = event_owners.visitor_id
        and asked.captured_at > event_owners.occurred_at
        and event_owners.occurred_at >= asked.captured_at - interval 30 day
    inner join visits on event_owners.visit_part_id = visits.visit_part_id
    inner join events on event_owners.event_id = events.record_id
    group by asked.lead_key

),

final as (

    select
        asked.lead_key,
        coalesce(asked.person_id, asked.lead_key) as contact_id,
        asked.captured_date,
        asked.won_date,
        in_work.lead_key is not null as is_in_work,
        asked.lead_source,
        coalesce(asked.product_code, 'unknown') as product_code,
        coalesce(asked.traffic_medium, 'unknown') as traffic_medium,
        asked.is_paid,
        asked.has_marketing_consent,
        asked.has_phone,
        asked.has_email,
        cast(date_diff('minute', {{ local_midnight('asked.captured_date') }}, asked.captured_at) // 60 as integer)
            as hour_of_day,
        cast(asked.stated_income_amount as decimal(18, 2)) as stated_income_amount,
        asked.earlier_lead_90d_count,
        cast(coalesce(looked.visit_count, 0) as integer) as visit_30d_count,
        cast(coalesce(looked.page_view_count, 0) as integer) as page_view_30d_count,
        cast(coalesce(looked.engagement_seconds, 0) as integer) as engagement_30d_seconds,
        cast(coalesce(looked.application_start_count, 0) as integer) as application_start_30d_count,
        asked.recognised_person_id is not null as is_recognised,
        coalesce(held.is_product_held, false) as is_product_held,
        coalesce(held.is_family_held, false) as is_family_held,
        months.tenure_months,
        months.product_count,
        months.inflow_3m_amount,
        months.salary_amount,
        months.deposit_balance_amount,
        months.debt_outstanding_amount,
        months.debt_days_past_due,
        months.promotion_click_3m_count,
        months.home_view_3m_count,
        months.car_view_3m_count,
        months.insurance_view_3m_count,
        '{{ setting("currency") }}' as currency_code
    from asked
    left join in_work on asked.lead_key = in_work.lead_key
    left join held on asked.lead_key = held.lead_key
    left join looked on asked.lead_key = looked.lead_key
    left join months
        on asked.recognised_person_id = months.current_person_id and asked.known_month_end_date = months.month_end_date

)

select * from final
