"""What features are made of, delivered late: for the tests of figures as known at closing."""

from __future__ import annotations

from decimal import Decimal

from tests.integration.house import House

SEPTEMBER = "date '2026-09-30'"
# Larger than anything that a customer of the demo bank moves, so that a leak can't hide.
LATE, CORRECTED, FUTURE = Decimal("7000000.01"), Decimal("9000000.02"), Decimal("8000000.04")


def loan_of(house: House) -> list[tuple]:
    """Return a loan, its borrower's number, when it began, and its borrower, who has no other."""
    return house.query("""
        select min(loans.loan_no), min(loans.cif_no), min(loans.disbursed_date), contracts.person_id
        from intermediate.int_customer__loan_contracts as contracts
        inner join staging.stg_lending__loans as loans on contracts.loan_no = loans.loan_no
        where loans.disbursed_date < date '2026-08-01'
        group by contracts.person_id
        having count(*) = 1 and bool_and(contracts.is_open)
        order by all limit 1
    """)


def drop_late_features(house: House, late: str, corrected: str, late_person: str) -> None:
    """Deliver contracts, a charge and a complaint of September late, and another case corrected."""
    ((card,),) = house.query(f"""
        select min(holder_no) from intermediate.int_customer__holders
        where holder_type = 'card' and person_id != '{late_person}' and holder_no in (
            select card_token from intermediate.int_customer__statements_as_known where month_end_date = {SEPTEMBER}
        )
    """)
    ((case_id, case_cif, phone),) = house.query("""
        select case_id, cif_no, coalesce(phone, '') from staging.stg_crm__call_centre_cases
        where cif_no is not null and topic != 'complaint' and opened_at < timestamp '2026-09-25'
        order by all limit 1
    """)
    ((loan, borrower, disbursed, _),) = loan_of(house)
    house.drop(
        "lending",
        "loans",
        "2026-10-25",
        "loan_no,cif_no,product_code,loan_status,disbursed_date,principal_amount,outstanding_amount,days_past_due,"
        "currency_code,updated_at\n"
        f"{loan},{borrower},ln_personal,active,{disbursed},{LATE},{LATE},7,THB,2026-09-30T10:00:00Z\n",
    )
    house.drop(
        "insurance",
        "policies",
        "2026-10-25",
        "policy_no,cif_no,product_code,policy_status,premium_amount,premium_frequency,start_date,currency_code,updated_at\n"
        f"POLATE,{late},in_health,active,{LATE},annual,2026-09-02,THB,2026-09-02T03:00:00Z\n",
    )
    house.drop(
        "wealth",
        "fund_holdings",
        "2026-10-25",
        "portfolio_no,cif_no,fund_code,as_of_date,units,market_value_amount,currency_code\n"
        f"PFLATE,{corrected},FUND,2026-08-31,1,{CORRECTED},THB\n",
    )
    house.drop(
        "cards",
        "card_transactions",
        "2026-10-25",
        "card_transaction_id,card_token,authorised_at,posted_date,transaction_type,amount,currency_code,mcc,entry_mode,is_approved\n"
        f"CTLATE,{card},2026-09-10T03:00:00Z,2026-09-11,purchase,{LATE},THB,4722,ecommerce,true\n",
    )
    house.drop(
        "crm",
        "call_centre_cases",
        "2026-10-25",
        "case_id,cif_no,phone,opened_at,topic,case_status,is_caller_verified\n"
        f"CASELATE,{late},,2026-09-10T03:00:00Z,complaint,closed,true\n"
        f"{case_id},{case_cif},{phone},2026-09-05T03:00:00Z,complaint,closed,true\n",
    )
