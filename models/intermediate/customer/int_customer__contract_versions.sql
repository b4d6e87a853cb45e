{{ config(materialized='view') }}

with

first_deliveries as (

    select * from {{ ref('int_events__first_deliveries') }}

),

accounts as (

    select 'core_banking' as source_name, 'accounts' as table_name, 'account' as holder_type, account_no as contract_no,
        account_no as holder_no, product_code, opened_date, account_status != 'closed' as is_open,
        closed_date as turned_date, updated_at, currency_code, _ingested_at, _superseded_at
    from {{ versions_of('stg_core_banking__accounts', 'int_superseded__accounts') }} as versions

),

credit_cards as (

    select 'cards' as source_name, 'credit_cards' as table_name, 'card' as holder_type, card_token as contract_no,
        card_token as holder_no, product_code, issued_date as opened_date, closed_date as turned_date, updated_at,
        card_status in ('active', 'blocked') as is_open, _ingested_at, _superseded_at
    from {{ versions_of('stg_cards__credit_cards', 'int_superseded__credit_cards') }} as versions

),

debit_cards as (

    select 'cards' as source_name, 'debit_cards' as table_name, card_token as contract_no, cif_no as holder_no,
        product_code, issued_date as opened_date, card_status in ('active', 'blocked') as is_open,
        closed_date as turned_date, updated_at, _ingested_at, _superseded_at
    from {{ versions_of('stg_cards__debit_cards', 'int_superseded__debit_cards') }} as versions

),

-- What a loan owes is true of the day it is told for only.
loans as (

    select 'lending' as source_name, 'loans' as table_name, loan_no as contract_no, cif_no as holder_no, product_code,
        disbursed_date as opened_date, loan_status in ('active', 'in_arrears') as is_open,
        {{ local_date('updated_at') }} as turned_date, updated_at, currency_code, outstanding_amount as owed_amount,
        instalment_amount, coalesce(days_past_due, 0) as days_past_due, _ingested_at, _superseded_at
    from {{ versions_of('stg_lending__loans', 'int_superseded__loans') }} as versions

),

policies as (

    select 'insurance' as source_name, 'policies' as table_name, policy_no as contract_no, cif_no as holder_no,
        product_code, start_date as opened_date, policy_status = 'active' as is_open, end_date as ends_date,
        case when policy_status != 'active' then {{ local_date('updated_at') }} end as turned_date, updated_at,
        premium_amount * case premium_frequency
            when 'monthly' then 12 when 'quarterly' then 4 when 'annual' then 1 else 0
        end as instalment_amount, currency_code, _ingested_at, _superseded_at
    from {{ versions_of('stg_insurance__policies', 'int_superseded__policies') }} as versions

),

-- "0 units" is how a sale is told. The catalogue knows funds as one product.
funds as (

    select 'wealth' as source_name, 'fund_holdings' as table_name, portfolio_no || '|' || fund_code as contract_no,
        cif_no as holder_no,
        (
            select min(product_code) from {{ ref('products') }}
            where product_family = 'fund'
        ) as product_code,
        as_of_date as valued_date, units > 0 as is_open, as_of_date as turned_date, as_of_date as updated_at,
        currency_code, market_value_amount as value_amount, _ingested_at, _superseded_at
    from {{ versions_of('stg_wealth__fund_holdings', 'int_superseded__fund_holdings') }} as versions

),

versions as (

    select * from accounts
    union all by name
    select * from credit_cards
    union all by name
    select * from debit_cards
    union all by name
    select * from loans
    union all by name
    select * from policies
    union all by name
    select * from funds

),

-- What a table's first delivery tells was true since it began, as far as the record says when that was.
final as (

    select
        versions.* exclude (holder_type, turned_date, updated_at, table_name),
        coalesce(versions.holder_type, 'customer_number') as holder_type,
        case
            when versions.valued_date is not null then versions.valued_date
            when cast(versions._ingested_at as date) <= first_deliveries.first_delivery_date
                then coalesce(versions.turned_date, versions.opened_date, {{ local_date('versions.updated_at') }})
            else {{ local_date('versions.updated_at') }}
        end as happened_date,
        {{ known_at('happened_date', 'first_deliveries.first_delivery_date', 'versions._ingested_at') }} as known_at,
        case
            when coalesce(lead(versions._ingested_at) over by_record != versions._superseded_at, true)
                then versions._superseded_at
        end as deleted_at
    from versions
    inner join first_deliveries
        on versions.source_name = first_deliveries.source_name and versions.table_name = first_deliveries.table_name
    where coalesce(versions.currency_code = '{{ setting("currency") }}', true)
    window by_record as (
        partition by versions.source_name, versions.contract_no, versions.valued_date order by versions._ingested_at
    )

)

select * from final
