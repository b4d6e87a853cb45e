"""Fraud: which credit-card authorisations aren't the holder's."""

from __future__ import annotations

from ml.task import Feature, Task

# What a fraud desk writes down without learning: points for each sign, the larger amount first among equals.
_RULES = """
    2 * (card_1h_count >= 3)::integer + 2 * (card_declined_24h_count >= 2)::integer
    + 2 * (is_new_country and card_90d_count > 0)::integer + (is_abroad and is_online)::integer
    + 2 * coalesce(amount_to_mean_ratio >= 5, false)::integer + is_at_night::integer
    + (is_cash_advance and card_24h_count >= 2)::integer + 3 * (merchant_reported_90d_count >= 3)::integer
    + amount / 1e9
"""

# Reports take weeks; what comes still later, as charge-backs do, would make older months look worse than newer ones.
_HORIZON_DAYS = 60
# Holders don't report what was declined, so that nobody knows whose that was, and nobody is asked.
_REPORTED = f"""
    case when is_approved or reported_at is not null
        then coalesce(cast(reported_at as date) <= transaction_date + {_HORIZON_DAYS}, false)
    end
"""

TASK = Task(
    name="fraud",
    question=f"is reported by the card's holder as not theirs within {_HORIZON_DAYS} days",
    owner="cards",
    mart="ftr_card_transaction__risk",
    unit="card_transaction_id",
    event_date="transaction_date",
    drawn_by="card_token",
    owners="select contract_id as card_token, person_id from marts.customer_products where source_name = 'cards'",
    population="true",
    label=_REPORTED,
    horizon_days=_HORIZON_DAYS,
    features=(
        Feature("amount", "amount"),
        Feature("amount_to_mean_ratio", "amount as a multiple of the card's usual"),
        Feature("amount_deviations", "standard deviations above the card's usual amount"),
        Feature("is_highest", "the card's highest amount in 90 days (1 is yes)"),
        Feature("hour_of_day", "hour of the day"),
        Feature("entry_mode", "way of entry", kind="text"),
        Feature("spending_category", "kind of merchant", kind="text"),
        Feature("is_cash_advance", "cash advance (1 is yes)"),
        Feature("is_abroad", "merchant abroad (1 is yes)"),
        Feature("is_country_changed", "other country than just before (1 is yes)"),
        Feature("card_idle_minutes", "minutes since the card was used before"),
        Feature("card_1h_count", "uses of the card in the hour before"),
        Feature("card_24h_count", "uses of the card in 24 hours before"),
        Feature("card_7d_count", "uses of the card in 7 days before"),
        Feature("card_90d_count", "uses of the card in 90 days before"),
        Feature("card_1h_amount", "spent by card in the hour before"),
        Feature("card_24h_amount", "spent by card in 24 hours before"),
        Feature("card_7d_amount", "spent by card in 7 days before"),
        Feature("card_declined_24h_count", "declined uses in 24 hours before"),
        Feature("card_online_90d_count", "online uses in 90 days before"),
        Feature("card_abroad_90d_count", "uses abroad in 90 days before"),
        Feature("is_new_merchant", "merchant new to the card (1 is yes)"),
        Feature("is_new_country", "country new to the card (1 is yes)"),
        Feature("is_new_terminal", "terminal new to the card (1 is yes)"),
        Feature("is_new_category", "kind of merchant new to the card (1 is yes)"),
        Feature("merchant_90d_count", "uses of all cards at the merchant"),
        Feature("merchant_reported_90d_count", "frauds reported at the merchant in 90 days"),
        Feature("merchant_reported_ratio", "frauds reported per use at the merchant in 90 days"),
    ),
    baseline=("a fraud desk's rules", _RULES),
    not_for=(
        "blocking a card or refusing a customer without a person having looked",
        "judging a merchant, a branch or an employee",
        "transfers and debit cards: nothing was learned from them (of transfers see transfer_alerts)",
    ),
)
