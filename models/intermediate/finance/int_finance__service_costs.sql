with

cases as (

    select
        case_id as record_id,
        product_code,
        last_day({{ local_date('opened_at') }}) as month_end_date
    from {{ ref('stg_crm__call_centre_cases') }}

),

visits as (

    select
        branch_visit_id as record_id,
        last_day({{ local_date('visited_at') }}) as month_end_date
    from {{ ref('stg_core_banking__branch_visits') }}

),

unit_costs as (

    select * from {{ ref('int_finance__unit_costs') }}
    where cost_driver in ('call', 'branch_visit') and cost_kind = 'any'

),

services as (

    select 'call' as service_type, record_id, product_code, month_end_date from cases
    union all
    select 'branch_visit' as service_type, record_id, null as product_code, month_end_date from visits

),

final as (

    select
        services.service_type,
        services.record_id,
        services.product_code,
        services.month_end_date,
        -cast(round(coalesce(unit_costs.unit_cost, 0), 2) as decimal(18, 2)) as servicing_cost_amount
    from services
    left join unit_costs
        on services.service_type = unit_costs.cost_driver and services.month_end_date = unit_costs.month_end_date

)

select * from final
