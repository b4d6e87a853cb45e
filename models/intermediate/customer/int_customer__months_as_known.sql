{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
    on_schema_change='fail',
) }}
{%- set touched = touched_months(['stg_core_banking__customers']) %}

with

months as (

    select * from {{ ref('int_customer__calendar') }}
    {% if is_incremental() -%}
    where month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

customers as (

    select cif_no, registered_at, closed_at, _ingested_at, _superseded_at from {{ ref('stg_core_banking__customers') }}
    union all
    select cif_no, registered_at, closed_at, _ingested_at, _superseded_at from {{ ref('int_superseded__customers') }}

),

periods as (

    select * from {{ ref('int_customer__customer_number_periods') }}

),

first_delivery as (

    select first_delivery_date
    from {{ ref('int_events__first_deliveries') }}
    where source_name = 'core_banking' and table_name = 'customers'

),

versions as (

    select
        customers.*,
        {{ local_date('customers.registered_at') }} as registered_date,
        {{ local_date('customers.closed_at') }} as closed_date,
        {{ known_at('customers.registered_at', 'first_delivery.first_delivery_date', 'customers._ingested_at') }}
            as known_at
    from customers
    cross join first_delivery

),

-- A customer of a month is who was registered by its end and hadn't left before it, by what was known at its closing.
final as (

    select
        periods.person_id,
        months.month_end_date,
        months.as_of_date,
        months.is_closed,
        min(versions.registered_date) as registered_date
    from versions
    inner join months
        on versions.registered_date <= months.month_end_date
        and versions.known_at < months.closes_at
        and coalesce(versions._superseded_at >= months.closes_at, true)
    inner join periods
        on versions.cif_no = periods.cif_no
        and months.closes_at > periods.known_from_at
        and coalesce(months.closes_at <= periods.known_until_at, true)
    group by periods.person_id, months.month_end_date, months.as_of_date, months.is_closed
    having
        count(*) > count(versions.closed_date)
        or last_day(max(versions.closed_date)) >= months.month_end_date

)

select * from final
