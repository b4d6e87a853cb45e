"""Which columns of the sources tell whose a row is, and what becomes of a row when its person is erased.

A column's name says what its values are: sources share one vocabulary. Where it depends, a rule of its own is below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cardinal.contracts import TableContract

Table = tuple[str, str]

# Values of these columns say whose the row is.
OWNERS = {
    "cif_no": "customer_number",
    "national_id": "national_id",
    "account_no": "account",
    "card_token": "card",
    "loan_no": "loan",
    "portfolio_no": "portfolio",
    "policy_no": "policy",
    "contact_id": "contact",
    "member_id": "member_id",
    "user_id": "login",
    "line_user_id": "line_id",
    "psid": "messenger_id",
    "email": "email",
    "phone": "phone",
    "mobile_phone": "phone",
    "home_phone": "phone",
    "user_pseudo_id": "anonymous_id",
    "cookie_id": "anonymous_id",
    "fbp": "browser_id",
    "fbc": "click_id",
    "gclid": "click_id",
    "fbclid": "click_id",
    "device_vendor_id": "device_id",
    "device_advertising_id": "device_id",
    "audience_profile_id": "audience_profile",
    "record_a": "record",
    "record_b": "record",
    "person_id": "person",
    "row_key": "person",
    "row_id": "row",
    "message_key": "message",
}
# Their values are somebody's too, but the row is of somebody else.
MENTIONS = {
    "counterparty_account_no": "account",
    "payment_account_no": "account",
    "repayment_account_no": "account",
    "primary_card_token": "card",
    "counterparty_name": "full_name",
}
# What is merely seen beside another's row: who was logged in while a form was sent, which card was charged.
OBSERVED = frozenset({
    ("payments", "payments", "card_token"), ("website", "registrations", "user_id"),
    ("google_ads", "conversions", "user_id"), ("crm", "call_centre_cases", "phone"),
})  # fmt: skip
# What somebody wrote. To look for a person there costs a look at each word of the lake.
FREE_TEXT = frozenset({
    "description", "note", "message_text", "reason", "search_term", "page_location", "page_referrer", "failure_reason",
})  # fmt: skip
# Where it is told whose such a number is: all rows that show it have one of the person's customer numbers.
HOMES: dict[str, tuple[Table, ...]] = {
    "account": (("core_banking", "account_holders"),),
    "card": (("cards", "credit_cards"), ("cards", "debit_cards")),
    "loan": (("lending", "loans"),),
    "portfolio": (("wealth", "fund_holdings"),),
    "policy": (("insurance", "policies"),),
}
# Another column says what these are; the value stands there as the kind in the first place does.
TOLD_BY = {
    "subject_id": ("subject_type", {
        "cif_no": "customer_number", "user_id": "login", "contact_id": "contact", "email": "email", "phone": "phone",
        "line_user_id": "line_id",
    }),
    "unit_id": ("unit_type", {
        "user_pseudo_id": "anonymous_id", "user_id": "login", "cif_no": "customer_number", "contact_id": "contact",
        "person_id": "person",
    }),
}  # fmt: skip
# Captures that outcomes name: the lead's name, as identity writes it.
LEADS: dict[Table, str] = {
    ("website", "registrations"): "'website.' || registration_id",
    ("messenger", "leads"): "'messenger.' || lead_id",
    ("ecommerce", "orders"): "'ecommerce.' || order_id",
    ("manual", "uploads"): "'manual.' || upload_name || '|' || row_no",
    ("crm", "lead_outcomes"): "lead_source || '.' || lead_id",
}
# What one table calls by a name of its own, or in two columns: kind, SQL, column.
NAMED_OTHERWISE: dict[Table, tuple[tuple[str, str, str], ...]] = {
    ("ecommerce", "orders"): (("marketplace_buyer", "lower(platform) || '.' || buyer_id", "buyer_id"),),
    ("meta_ads", "pixel_events"): (
        ("anonymous_id", "external_id", "external_id"), ("login", "external_id", "external_id"),
    ),
    ("ml", "alerts"): (("transaction", "event_id", "event_id"),),
    # The key of a sync's row is the person, or else the message of a programme.
    ("activation", "row_results"): (("message", "row_key", "row_key"),),
    ("activation", "message_events"): (("message", "row_key", "row_key"),),
}  # fmt: skip
# Booked money, and what the bank's costs are counted by: rows stay without the person, so that closed months stay.
KEPT: frozenset[Table] = frozenset(
    {("cards", name) for name in (
        "card_statements", "card_transactions", "credit_cards", "debit_cards", "point_movements")}
    | {("core_banking", name) for name in (
        "account_balances", "account_holders", "account_transactions", "accounts", "branch_visits", "standing_orders")}
    | {("lending", name) for name in ("collaterals", "loan_repayments", "loans")}
    | {("crm", "call_centre_cases"), ("crm", "message_events"), ("insurance", "policies"), ("payments", "payments"),
       ("wealth", "fund_holdings")}
)  # fmt: skip
# What chains a person's rows in kept tables together: such a value becomes another, the same in each table.
CHAINING = frozenset({"customer_number", "account", "card", "loan", "portfolio", "policy", "contact", "login"})
# A value of these may be shown by several people; the others are one person's by themselves.
SHAREABLE = frozenset({
    "member_id", "login", "line_id", "messenger_id", "marketplace_buyer", "email", "phone", "anonymous_id",
    "browser_id", "click_id", "device_id",
})  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """A place in a table where a value stands.

    Attributes:
        kind: What the values are.
        sql: The value as text, null where the row shows none of that kind.
        column: The column that it is read from; None where it is put together.
        owns: Whether the row is the person's who has the value.
    """

    kind: str
    sql: str
    column: str | None
    owns: bool


def shown_by(contract: TableContract) -> list[Shown]:
    """Return where a table's rows show values by which people are known, those that own first."""
    names = contract.column_names
    table = (contract.source, contract.name)
    found = [Shown(OWNERS[name], name, name, owns=(*table, name) not in OBSERVED) for name in names if name in OWNERS]
    for name in names:
        if name in TOLD_BY:
            teller, kinds = TOLD_BY[name]
            found += [
                Shown(kind, f"case when {teller} = '{said}' then {name} end", name, owns=True)
                for said, kind in kinds.items()
            ]
    if table in LEADS:
        found.append(Shown("lead", LEADS[table], None, owns=True))
    found += [Shown(kind, sql, column, owns=True) for kind, sql, column in NAMED_OTHERWISE.get(table, ())]
    found += [Shown(MENTIONS[name], name, name, owns=False) for name in names if name in MENTIONS]
    return found


def not_searched(contracts: Mapping[Table, TableContract]) -> list[str]:
    """Return the columns in which people write freely: in others' rows, nobody looks whether they mention a person."""
    return sorted(
        f"{source}.{name}.{column.name}"
        for (source, name), contract in contracts.items()
        for column in contract.columns
        if column.data_type == "varchar" and column.name in FREE_TEXT
    )


def key_sql(contract: TableContract) -> str:
    """SQL of a row's key as text, as identity writes it; several columns are joined by a bar."""
    return "concat_ws('|', " + ", ".join(contract.key) + ")"
