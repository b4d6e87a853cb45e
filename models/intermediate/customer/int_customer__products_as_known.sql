{{ config(
    materialized='incremental',
    incremental_strategy='touched_groups',
    unique_key=['month_end_date'],
    post_hook="{{ remember_seen() }}",
) }}
{%- set touched = touched_months([
    'stg_core_banking__accounts', 'stg_core_banking__account_holders', 'stg_core_banking__customers',
    'stg_cards__credit_cards', 'stg_cards__debit_cards', 'stg_lending__loans', 'stg_insurance__policies',
    'stg_wealth__fund_holdings',
]) %}

with

months as (

    select * from {{ ref('int_customer__calendar') }}
    {% if is_incremental() -%}
    where month_end_date in (select month_end_date from {{ touched }})
    {%- endif %}

),

versions as (

    select * from {{ ref('int_customer__contract_versions') }}

),

products as (

    select * from {{ ref('products') }}

),

holders as (

    select
        'account' as holder_type, account_no as holder_no, person_id, from_month_end_date, to_month_end_date,
        known_from_month_end_date, known_to_month_end_date
    from {{ ref('int_customer__account_owners') }}

    union all

    select * from {{ ref('int_customer__holders') }} where holder_type != 'account'

),

-- Of each record the version that had arrived last, of what had happened by the month's end.
known as (

    select versions.*, months.*
    from versions
    inner join months on versions.happened_date <= months.as_of_date and versions.known_at < months.closes_at
    qualify row_number() over (
        partition by versions.source_name, versions.contract_no, versions.valued_date, months.month_end_date
        order by versions._ingested_at desc
    ) = 1

),

-- A fund has a record for each day of valuation, of which the newest counts.
standing as (

    select *
    from known
    where coalesce(deleted_at >= closes_at, true)
    qualify row_number() over (partition by source_name, contract_no, month_end_date order by valued_date desc) = 1

),

held as (

    select standing.*, products.product_family, products.product_group, products.annual_fee_amount, holders.person_id
    from standing
    inner join holders
        on standing.holder_type = holders.holder_type
        and standing.holder_no = holders.holder_no
        and standing.month_end_date between holders.from_month_end_date and holders.to_month_end_date
        and standing.month_end_date between holders.known_from_month_end_date and holders.known_to_month_end_date
    left join products on standing.product_code = products.product_code
    where
        standing.is_open
        and coalesce(standing.opened_date <= standing.as_of_date, true)
        and coalesce(standing.ends_date >= standing.as_of_date, true)

),

final as (

    select
        person_id, month_end_date, as_of_date, is_closed,
        count(distinct product_code) as product_count,
        count(distinct product_family) as product_family_count,
        count(*) as contract_count,
        max(opened_date) as last_opened_date,
        count(*) filter (where product_group like 'fixed_deposit%') as fixed_deposit_count,
        count(*) filter (where product_family = 'credit_card') as credit_card_count,
        max(annual_fee_amount) filter (where product_family = 'credit_card') as card_fee_amount,
        -- As in customer_360: mortgages and car loans apart.
        count(*) filter (where source_name = 'lending' and product_group is distinct from 'mortgage'
            and product_group is distinct from 'auto_loan') as loan_count,
        count(*) filter (where product_group = 'mortgage') as mortgage_count,
        count(*) filter (where product_group = 'auto_loan') as auto_loan_count,
        sum(owed_amount) as debt_outstanding_amount,
        sum(instalment_amount) filter (where source_name = 'lending') as debt_instalment_amount,
        max(days_past_due) as debt_days_past_due,
        count(*) filter (where source_name = 'wealth') as fund_count,
        sum(value_amount) as fund_value_amount,
        count(*) filter (where source_name = 'insurance') as policy_count,
        count(*) filter (where product_group = 'life') as life_policy_count,
        count(*) filter (where product_group = 'health') as health_policy_count,
        sum(instalment_amount) filter (where source_name = 'insurance') as yearly_premium_amount
    from held
    group by person_id, month_end_date, as_of_date, is_closed

)

select * from final
