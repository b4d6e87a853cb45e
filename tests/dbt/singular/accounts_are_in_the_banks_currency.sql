{{ config(severity='warn') }}
-- Amounts are summed in the bank's currency only. Accounts in another one are left out of every sum, which must not
-- happen unnoticed: if these are most of the accounts, CARDINAL_CURRENCY is not set for this bank.
select account_no, currency_code
from {{ ref('stg_core_banking__accounts') }}
where currency_code != '{{ setting("currency") }}'
