{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months(['stg_crm__call_centre_cases', 'stg_core_banking__customers']) %}

with

months as (

    select * from {{ ref('int_customer__calendar') }}
    {% if is_incremental() -%}
    where month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

cases as (

    select * from {{ ref('stg_crm__call_centre_cases') }}
    union all by name
    select * from {{ ref('int_superseded__call_centre_cases') }}

),

holders as (

    select * from {{ ref('int_customer__holders') }}
    where holder_type = 'customer_number'

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'crm' and table_name = 'call_centre_cases'

),

versions as (

    select
        cases.*,
        {{ local_date('cases.opened_at') }} as opened_date,
        {{ known_at('cases.opened_at', 'first_delivery.first_delivery_date', 'cases._ingested_at') }} as known_at
    from cases
    cross join first_delivery

),

-- The caller who didn't say a customer number stays unknown: a telephone number finds its owner only as of today.
owned as (

    select
        versions.*,
        months.*,
        holders.person_id,
        versions.opened_date > last_day(cast(months.month_end_date - interval 3 month as date)) as is_recent,
        versions.topic in ('complaint', 'dispute') as is_complaint
    from versions
    inner join months
        on versions.opened_date <= months.as_of_date
        and versions.opened_date > last_day(cast(months.month_end_date - interval 12 month as date))
        and versions.known_at < months.closes_at
        and coalesce(versions._superseded_at >= months.closes_at, true)
    inner join holders
        on versions.cif_no = holders.holder_no
        and months.month_end_date between holders.known_from_month_end_date and holders.known_to_month_end_date

),

final as (

    select
        person_id,
        month_end_date,
        as_of_date,
        is_closed,
        count(*) as case_12m_count,
        count(*) filter (where is_recent) as case_3m_count,
        count(*) filter (where is_complaint) as complaint_12m_count,
        count(*) filter (where is_complaint and is_recent) as complaint_3m_count,
        count(*) filter (where topic = 'closure') as closure_request_12m_count,
        max_by(satisfaction_score, (opened_at, case_id)) filter (where satisfaction_score is not null)
            as last_satisfaction_score
    from owned
    group by person_id, month_end_date, as_of_date, is_closed

)

select * from final
