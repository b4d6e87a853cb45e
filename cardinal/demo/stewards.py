"""Data stewards: the few cases in which a person decided who is who."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import cif_numbers
from cardinal.demo.harvest import Harvest
from cardinal.demo.identifiers import numbered
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons

_PAIRS = 2
_AUTHOR = "identity desk"


def decide_identities(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """In the first month, part two pairs of relatives, those first who share a telephone or a mailbox."""
    if month.number != cohort.start_month:
        return
    person = cohort.person
    here = np.arange(cohort.size)
    related = np.flatnonzero((person["head"] != here) & (person["cif"] >= 0) & (person["cif"][person["head"]] >= 0))
    shares = (person["phone_owner"] != here) | (person["email_owner"] != here)
    who = related[np.argsort(~shares[related], kind="stable")][:_PAIRS]
    second = np.full(len(who), month.last_day * DAY - 15 * 3600)
    harvest.add(
        "manual", "identity_decisions",
        person=true_persons(cohort)[who], due=second // DAY,
        decision_id=numbered(f"ID{cohort.number:03d}N", np.arange(len(who))), decision="cannot_link",
        record_a=_customer_records(cohort, person["cif"][who]),
        record_b=_customer_records(cohort, person["cif"][person["head"][who]]),
        author=_AUTHOR, reason="relatives with one telephone or mailbox", decided_at=second,
    )  # fmt: skip


def _customer_records(cohort: Cohort, rows: np.ndarray) -> pl.Series:
    return pl.select(pl.lit("core_banking.customers:") + cif_numbers(cohort, rows)).to_series()
