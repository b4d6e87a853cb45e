{{ config(materialized='view') }}

with

balances as (

    select * from {{ ref('int_customer__balances_as_known') }}

),

statements as (

    select * from {{ ref('int_customer__statements_as_known') }}

),

account_owners as (

    select * from {{ ref('int_customer__account_owners') }}

),

card_holders as (

    select * from {{ ref('int_customer__holders') }}
    where holder_type = 'card'

),

-- Equal parts to the cent: what doesn't divide goes to the main owner.
deposits as (

    select
        account_owners.person_id,
        balances.month_end_date,
        sum(case
            when account_owners.is_main_owner
                then balances.ledger_balance_amount
                    - (account_owners.owner_count - 1)
                    * round(balances.ledger_balance_amount / account_owners.owner_count, 2)
            else round(balances.ledger_balance_amount / account_owners.owner_count, 2)
        end) as deposit_balance_amount,
        count(*) as deposit_account_count
    from balances
    inner join account_owners
        on balances.account_no = account_owners.account_no
        and balances.month_end_date between account_owners.from_month_end_date and account_owners.to_month_end_date
        and balances.month_end_date
        between account_owners.known_from_month_end_date and account_owners.known_to_month_end_date
    group by account_owners.person_id, balances.month_end_date

),

cards as (

    select
        card_holders.person_id,
        statements.month_end_date,
        sum(statements.closing_balance_amount) as card_balance_amount,
        sum(statements.credit_limit_amount) as card_limit_amount
    from statements
    inner join card_holders
        on statements.card_token = card_holders.holder_no
        and statements.month_end_date
        between card_holders.known_from_month_end_date and card_holders.known_to_month_end_date
    group by card_holders.person_id, statements.month_end_date

),

final as (

    select
        coalesce(deposits.person_id, cards.person_id) as person_id,
        coalesce(deposits.month_end_date, cards.month_end_date) as month_end_date,
        deposits.deposit_balance_amount,
        deposits.deposit_account_count,
        cards.card_balance_amount,
        cards.card_limit_amount
    from deposits
    full outer join cards
        on deposits.person_id = cards.person_id and deposits.month_end_date = cards.month_end_date

)

select * from final
