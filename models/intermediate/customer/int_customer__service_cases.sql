with

cases as (

    select * from {{ ref('stg_crm__call_centre_cases') }}

),

owners as (

    select * from {{ ref('int_events__behaviour_owners') }}
    where owner_type = 'record'

),

as_of as (

    select * from {{ ref('int_customer__as_of') }}

),

final as (

    select
        owners.person_id,
        count(*) filter (where cases.case_status != 'closed') as open_case_count,
        count(*) filter (
            where cases.opened_at >= {{ local_midnight('as_of.as_of_date - interval 12 month') }}
        ) as case_12m_count,
        count(*) filter (
            where cases.topic in ('complaint', 'dispute')
                and cases.opened_at >= {{ local_midnight('as_of.as_of_date - interval 12 month') }}
        ) as complaint_12m_count,
        max(cases.opened_at) as last_case_at,
        max_by(cases.topic, (cases.opened_at, cases.case_id)) as last_case_topic,
        max_by(cases.case_status, (cases.opened_at, cases.case_id)) as last_case_status,
        max_by(cases.satisfaction_score, (cases.opened_at, cases.case_id))
            filter (where cases.satisfaction_score is not null) as last_satisfaction_score
    from cases
    inner join owners on 'crm.call_centre_cases:' || cases.case_id = owners.owner_no
    cross join as_of
    where {{ local_date('cases.opened_at') }} <= as_of.as_of_date
    group by owners.person_id

)

select * from final
