{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months(['stg_digital__events', 'stg_core_banking__customers']) %}

with

logins as (

    select *, {{ key64("'login:' || user_id") }} as value_key from {{ ref('int_events__login_months') }}

),

periods as (

    select * from {{ ref('int_customer__login_periods') }}

),

windows as (

    select * from {{ ref('int_customer__month_pairs') }}
    where
        months_before < 12
        {% if is_incremental() -%}
        and closing_month_end_date in (select month_end_date from {{ touched }})
        {%- endif %}

),

-- Twelve months as they were known at the closing of the last of them, and whose the login was known to be.
owned as (

    select
        logins.*,
        windows.* exclude (month_end_date),
        periods.person_id
    from logins
    inner join windows on logins.month_end_date = windows.month_end_date
    inner join periods
        on logins.value_key = periods.value_key
        and windows.closes_at > periods.known_from_at
        and coalesce(windows.closes_at <= periods.known_until_at, true)
    where
        logins.known_month_end_date <= windows.closing_month_end_date
        and coalesce(logins.superseded_month_end_date > windows.closing_month_end_date, true)

),

final as (

    select
        person_id,
        closing_month_end_date as month_end_date,
        as_of_date,
        is_closed,
        coalesce(sum(web_login_count) filter (where months_before = 0), 0) as web_login_count,
        coalesce(sum(app_login_count) filter (where months_before = 0), 0) as app_login_count,
        {% for kind in [
            'web_login', 'app_login', 'search', 'promotion_view', 'promotion_click', 'application_start', 'card_view',
            'insurance_view', 'investing_view', 'home_view', 'car_view', 'travel_view',
        ] -%}
        coalesce(sum({{ kind }}_count) filter (where months_before < 3), 0) as {{ kind }}_3m_count,
        {% endfor -%}
        max(last_seen_date) as last_seen_date
    from owned
    group by person_id, closing_month_end_date, as_of_date, is_closed

)

select * from final
