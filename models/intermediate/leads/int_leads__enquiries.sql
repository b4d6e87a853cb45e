with

branch_visits as (select * from {{ ref('stg_core_banking__branch_visits') }}),

cases as (select * from {{ ref('stg_crm__call_centre_cases') }}),

interests as (select * from {{ ref('enquiry_topics') }}),

final as (

    select
        'branch' as lead_source,
        'core_banking' as source_name,
        'branch_visits' as table_name,
        branch_visits.branch_visit_id as lead_id,
        branch_visits.visited_at as captured_at,
        cast(null as varchar) as product_code,
        branch_visits.service_type as topic,
        interests.product_family
    from branch_visits
    inner join interests
        on branch_visits.service_type = interests.topic and interests.contact_channel = 'branch'

    union all

    select
        'call_centre' as lead_source,
        'crm' as source_name,
        'call_centre_cases' as table_name,
        cases.case_id as lead_id,
        cases.opened_at as captured_at,
        cases.product_code,
        cases.topic,
        interests.product_family
    from cases
    inner join interests
        on cases.topic = interests.topic and interests.contact_channel = 'call_centre'

)

select * from final
