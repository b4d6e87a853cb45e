with

months as (

    select month_end_date from {{ ref('int_customer__calendar') }}

),

items as (

    select 'account' as holder_type, account_no as holder_no, account_no as item_no, *
    from {{ ref('int_finance__deposit_profit') }}
    union all by name
    select 'account' as holder_type, account_no as holder_no, account_no as item_no, *
    from {{ ref('int_finance__debit_card_profit') }}
    union all by name
    select 'customer_number' as holder_type, cif_no as holder_no, card_token as item_no, *
    from {{ ref('int_finance__card_profit') }}
    union all by name
    select 'customer_number' as holder_type, cif_no as holder_no, loan_no as item_no, *
    from {{ ref('int_finance__loan_profit') }}
    union all by name
    select 'customer_number' as holder_type, cif_no as holder_no, portfolio_no as item_no, *
    from {{ ref('int_finance__fund_profit') }}
    union all by name
    select 'customer_number' as holder_type, cif_no as holder_no, policy_no as item_no, *
    from {{ ref('int_finance__insurance_profit') }}
    union all by name
    select service_type as holder_type, record_id as holder_no, record_id as item_no, *
    from {{ ref('int_finance__service_costs') }}
    union all by name
    select holder_no as item_no, *
    from {{ ref('int_finance__message_costs') }}
    union all by name
    select 'media' as holder_type, platform as holder_no, platform as item_no, *
    from {{ ref('int_finance__media_costs') }}

),

-- What no product can be charged with goes by the code unassigned; what lies outside the months of data isn't told.
final as (

    select
        items.holder_type,
        items.holder_no,
        items.item_no,
        coalesce(items.product_code, 'unassigned') as product_code,
        items.month_end_date,
        coalesce(bool_or(items.is_held), false) as is_held,
        {% for component in profit_components() -%}
        cast(coalesce(sum(items.{{ component }}), 0) as decimal(18, 2)) as {{ component }}{{ ',' if not loop.last }}
        {% endfor %}
    from items
    inner join months on items.month_end_date = months.month_end_date
    group by all

)

select * from final
