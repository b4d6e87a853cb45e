with

accounts as (

    select * from {{ ref('stg_core_banking__accounts') }}
    where currency_code = '{{ setting("currency") }}'

),

-- Of an account that is closed, whoever owned it last.
account_owners as (

    select *
    from {{ ref('int_customer__account_owners') }}
    where known_to_month_end_date = date '9999-12-31'
    qualify to_month_end_date = max(to_month_end_date) over (partition by account_no)

),

balances as (

    select account_no, max_by(ledger_balance_amount, balance_date) as ledger_balance_amount
    from {{ ref('int_customer__account_balances') }}
    group by account_no

),

persons as (

    select * from {{ ref('int_customer__customer_numbers') }}

),

cards as (

    select cards.*, balances.used_amount, balances.is_own_line
    from {{ ref('int_customer__cards') }} as cards
    left join {{ ref('int_customer__card_balances') }} as balances on cards.card_token = balances.card_token

),

-- The catalogue knows funds as one product.
fund_products as (

    select min(product_code) as product_code from {{ ref('products') }} where product_family = 'fund'

),

contracts as (

    select
        'core_banking' as source_name, accounts.account_no as contract_id, account_owners.person_id,
        accounts.product_code,
        case
            when account_owners.owner_count = 1 then 'sole' when account_owners.is_main_owner then 'main' else 'joint'
        end as contract_role,
        accounts.opened_date, accounts.closed_date, accounts.account_status as contract_status,
        accounts.account_status != 'closed' as is_open,
        -- Equal parts to the cent: what doesn't divide goes to the main owner.
        case
            when account_owners.is_main_owner
                then balances.ledger_balance_amount - (account_owners.owner_count - 1)
                    * round(balances.ledger_balance_amount / account_owners.owner_count, 2)
            else round(balances.ledger_balance_amount / account_owners.owner_count, 2)
        end as balance_amount,
        0 as owed_amount
    from accounts
    inner join account_owners on accounts.account_no = account_owners.account_no
    left join balances on accounts.account_no = balances.account_no

    union all

    select
        'cards' as source_name, card_token as contract_id, person_id, product_code, card_role as contract_role,
        issued_date as opened_date, closed_date, card_status as contract_status, is_open, null as balance_amount,
        case when is_own_line then used_amount else 0 end as owed_amount
    from cards

    union all

    select
        'cards' as source_name, debit_cards.card_token as contract_id, persons.person_id, debit_cards.product_code,
        'sole' as contract_role, debit_cards.issued_date as opened_date, debit_cards.closed_date,
        debit_cards.card_status as contract_status, debit_cards.card_status in ('active', 'blocked') as is_open,
        null as balance_amount, 0 as owed_amount
    from {{ ref('stg_cards__debit_cards') }} as debit_cards
    inner join persons on debit_cards.cif_no = persons.cif_no

    union all

    select
        'lending' as source_name, loan_no as contract_id, person_id, product_code, 'sole' as contract_role,
        opened_date, closed_date, loan_status as contract_status, is_open, null as balance_amount,
        case when is_open then outstanding_amount else 0 end as owed_amount
    from {{ ref('int_customer__loan_contracts') }}

    union all

    select
        'wealth' as source_name, funds.portfolio_no || '|' || funds.fund_code as contract_id, funds.person_id,
        fund_products.product_code, 'sole' as contract_role, funds.opened_date, funds.closed_date,
        case when funds.is_open then 'active' else 'sold' end as contract_status, funds.is_open,
        funds.market_value_amount as balance_amount, 0 as owed_amount
    from {{ ref('int_customer__fund_contracts') }} as funds
    cross join fund_products

    union all

    select
        'insurance' as source_name, policy_no as contract_id, person_id, product_code, 'sole' as contract_role,
        opened_date, closed_date, policy_status as contract_status, is_open, null as balance_amount, 0 as owed_amount
    from {{ ref('int_customer__policy_contracts') }}

)

select * from contracts
