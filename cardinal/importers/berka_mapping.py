"""How each Berka file becomes a contracted table: one query a table, nothing but SQL."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """The rows of one contracted table; the importer orders them, so that the bytes are always the same."""

    source: str
    table: str
    sql: str


# What doesn't parse stays as it is: ingestion then rejects it and says why.
MACROS = """
create macro berka_date(text) as
    coalesce(strftime(try_strptime('19' || left(text, 6), '%Y%m%d'), '%Y-%m-%d'), text);

-- Women's birth numbers carry 50 added to the month.
create macro is_woman(birth_number) as (try_cast(birth_number as integer) // 100) % 100 > 50;

create macro birth_date(birth_number) as
    coalesce(
        strftime(
            try_strptime(
                cast(
                    19000000 + try_cast(birth_number as integer)
                    - case when is_woman(birth_number) then 5000 else 0 end as varchar
                ),
                '%Y%m%d'
            ),
            '%Y-%m-%d'
        ),
        birth_number
    );

create macro is_credit(type) as type = 'PRIJEM';
create macro is_debit(type) as type in ('VYDAJ', 'VYBER');

create macro signed_amount(type, amount) as
    case when is_credit(type) then 1 when is_debit(type) then -1 end * try_cast(amount as decimal(18, 2));
"""

# The first account that a client may use dates the relationship: the files say nothing nearer. Lookups are
# grouped by their key, so that a row which stands twice in a file comes out twice, no more and no less.
CUSTOMERS = """
with registrations as (
    select disp.client_id, min(berka_date(account.date)) as registered_at
    from raw_disp as disp
    inner join raw_account as account on disp.account_id = account.account_id
    group by disp.client_id
),

districts as (
    select A1 as district_id, min(A2) as district_name, min(A3) as region
    from raw_district
    group by A1
)

select
    client.client_id as cif_no,
    birth_date(client.birth_number) as date_of_birth,
    case is_woman(client.birth_number) when true then 'F' when false then 'M' end as gender,
    districts.district_name as district,
    districts.region as province,
    'CZ' as country_code,
    registrations.registered_at,
    snapshot.newest_date as updated_at
from raw_client as client
cross join snapshot
left join districts on client.district_id = districts.district_id
left join registrations on client.client_id = registrations.client_id
"""

ACCOUNTS = """
select
    account.account_id as account_no,
    'sa_basic' as product_code,
    'CZK' as currency_code,
    account.district_id as branch_id,
    'open' as account_status,
    berka_date(account.date) as opened_date,
    snapshot.newest_date as updated_at
from raw_account as account
cross join snapshot
"""

ACCOUNT_HOLDERS = """
with openings as (
    select account_id, min(berka_date(date)) as opened_date
    from raw_account
    group by account_id
)

select
    disp.account_id as account_no,
    disp.client_id as cif_no,
    case disp.type
        when 'OWNER' then 'owner'
        when 'DISPONENT' then 'authorised'
        else disp.type
    end as holder_role,
    case when disp.type = 'OWNER' then openings.opened_date end as since_date,
    snapshot.newest_date as updated_at
from raw_disp as disp
cross join snapshot
left join openings on disp.account_id = openings.account_id
"""

# The posting numbers don't follow the order within a day, and the files have no clock. The sum of all signed
# amounts up to a day says where the balance must stand at its end: the posting whose balance is nearest to it
# closed the day. Rounding makes that sum drift by some hundredths a month, far less than any posting.
DAILY_CLOSINGS = """
with postings as (
    select
        account_id,
        berka_date(date) as balance_date,
        try_cast(balance as decimal(18, 2)) as balance,
        signed_amount(type, amount) as movement,
        sum(movement) over (partition by account_id order by date) as expected_balance
    from raw_trans
)

select
    account_id,
    balance_date,
    arg_min(balance, (abs(balance - expected_balance), balance)) as closing_balance,
    sum(movement) as movement
from postings
where balance is not null and expected_balance is not null and try_cast(balance_date as date) is not null
group by account_id, balance_date
"""

ACCOUNT_BALANCES = f"""
select
    account_id as account_no,
    balance_date,
    closing_balance as ledger_balance_amount,
    'CZK' as currency_code
from ({DAILY_CLOSINGS})
"""

ACCOUNT_TRANSACTIONS = """
select
    trans_id as account_transaction_id,
    account_id as account_no,
    berka_date(date) as booked_at,
    berka_date(date) as value_date,
    case when is_credit(type) then 'credit' when is_debit(type) then 'debit' else type end as direction,
    amount,
    'CZK' as currency_code,
    case
        when k_symbol in ('UROK', 'SANKC. UROK') then 'interest'
        when k_symbol = 'SLUZBY' then 'fee'
        when k_symbol = 'SIPO' then 'bill_payment'
        when k_symbol = 'UVER' then 'loan_repayment'
        when k_symbol = 'POJISTNE' then 'insurance_premium'
        when operation = 'VKLAD' then 'cash_deposit'
        when operation in ('VYBER', 'VYBER KARTOU') then 'cash_withdrawal'
        when operation = 'PREVOD Z UCTU' then 'transfer_in'
        when operation = 'PREVOD NA UCET' then 'transfer_out'
        else 'other'
    end as transaction_type,
    case
        when k_symbol in ('UROK', 'SANKC. UROK', 'SLUZBY') then 'system'
        when operation = 'VYBER KARTOU' then 'atm'
        when operation in ('VKLAD', 'VYBER') then 'branch'
    end as channel,
    nullif(account, '0') as counterparty_account_no,
    bank as counterparty_bank_code,
    balance as balance_after_amount,
    concat_ws(' / ', type, operation, nullif(trim(k_symbol), '')) as description
from raw_trans
"""

STANDING_ORDERS = """
select
    orders.order_id as standing_order_id,
    orders.account_id as account_no,
    orders.amount,
    'CZK' as currency_code,
    case trim(orders.k_symbol)
        when 'SIPO' then 'household'
        when 'UVER' then 'loan'
        when 'POJISTNE' then 'insurance'
        when 'LEASING' then 'leasing'
        else nullif(trim(orders.k_symbol), '')
    end as purpose,
    orders.account_to as counterparty_account_no,
    orders.bank_to as counterparty_bank_code,
    snapshot.newest_date as updated_at
from raw_order as orders
cross join snapshot
"""

# An account has one owner, who is the borrower; disponents only dispose of it.
LOANS = """
with owners as (
    select account_id, min(client_id) as client_id
    from raw_disp
    where type = 'OWNER'
    group by account_id
)

select
    loan.loan_id as loan_no,
    owners.client_id as cif_no,
    'ln_personal' as product_code,
    case loan.status
        when 'A' then 'paid_off'
        when 'B' then 'defaulted'
        when 'C' then 'active'
        when 'D' then 'in_arrears'
        else loan.status
    end as loan_status,
    berka_date(loan.date) as disbursed_date,
    loan.amount as principal_amount,
    case when loan.status = 'A' then '0.00' end as outstanding_amount,
    loan.payments as instalment_amount,
    loan.duration as term_months,
    strftime(
        try_cast(berka_date(loan.date) as date) + to_months(try_cast(loan.duration as integer)), '%Y-%m-%d'
    ) as maturity_date,
    loan.account_id as repayment_account_no,
    'CZK' as currency_code,
    snapshot.newest_date as updated_at
from raw_loan as loan
cross join snapshot
left join owners on loan.account_id = owners.account_id
"""

CREDIT_CARDS = """
with rights as (
    select disp_id, min({'client_id': client_id, 'account_id': account_id, 'type': type}) as holder
    from raw_disp
    group by disp_id
)

select
    'berka-' || card.card_id as card_token,
    rights.holder.client_id as cif_no,
    case
        when card.type in ('classic', 'junior', 'gold') then 'cr_' || card.type
        else card.type
    end as product_code,
    case rights.holder.type
        when 'OWNER' then 'primary'
        when 'DISPONENT' then 'supplementary'
        else rights.holder.type
    end as card_role,
    'active' as card_status,
    'CZK' as currency_code,
    berka_date(card.issued) as issued_date,
    rights.holder.account_id as payment_account_no,
    snapshot.newest_date as updated_at
from raw_card as card
cross join snapshot
left join rights on card.disp_id = rights.disp_id
"""

QUERIES = (
    Query("cards", "credit_cards", CREDIT_CARDS),
    Query("core_banking", "account_balances", ACCOUNT_BALANCES),
    Query("core_banking", "account_holders", ACCOUNT_HOLDERS),
    Query("core_banking", "account_transactions", ACCOUNT_TRANSACTIONS),
    Query("core_banking", "accounts", ACCOUNTS),
    Query("core_banking", "customers", CUSTOMERS),
    Query("core_banking", "standing_orders", STANDING_ORDERS),
    Query("lending", "loans", LOANS),
)
