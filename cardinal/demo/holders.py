"""Who may dispose of an account: its owner, joint holders who leave, and now and then somebody authorised."""

from __future__ import annotations

import numpy as np

from cardinal.demo.cohort import Cohort
from cardinal.demo.customers import cif_numbers
from cardinal.demo.harvest import Harvest
from cardinal.demo.identifiers import account_numbers
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import OFFICE_HOURS, Array, happens, seconds_of_day

NOBODY, LEFT = -1, -2
_OPEN = 0  # the status of an account in use


def emit_first_holders(cohort: Cohort, harvest: Harvest, rows: Array, moment: Array) -> None:
    """Write the owner and, where there is one, the joint holder of accounts that are opened."""
    account = cohort.tables["account"]
    _emit(cohort, harvest, rows, account["cif"][rows], "owner", moment // DAY, moment)
    joint = account["joint"][rows]
    cif = np.where(joint >= 0, cohort.person["cif"][joint], -1)
    shared = (cif >= 0) & (cif != account["cif"][rows])
    account["joint"][rows] = np.where(shared, joint, NOBODY)
    _emit(cohort, harvest, rows[shared], cif[shared], "joint", moment[shared] // DAY, moment[shared])


def change_holders(cohort: Cohort, month: Month, harvest: Harvest) -> None:
    """Let joint holders leave, mostly at a divorce, and authorised persons come and go."""
    person, account = cohort.person, cohort.tables["account"]
    rng, size = cohort.rng(month.number, "holders"), len(account)
    cif = person["cif"]
    usable = (account["status"] == _OPEN) & (account["opened"] < month.first_day)
    day = month.first_day + rng.integers(0, month.days, size)
    second = day * DAY + seconds_of_day(rng, OFFICE_HOURS, size)

    parted = person["divorce"][account["person"]] == month.number
    leaves = np.flatnonzero(usable & (account["joint"] >= 0) & happens(rng, np.where(parted, 0.8, 0.004), size))
    _emit(
        cohort, harvest, leaves, cif[account["joint"][leaves]], "joint", account["opened"][leaves], second[leaves],
        until=day[leaves],
    )  # fmt: skip
    account["joint"][leaves] = LEFT

    ends = np.flatnonzero(usable & (account["authorised"] >= 0) & happens(rng, 0.025, size))
    _emit(
        cohort, harvest, ends, cif[account["authorised"][ends]], "authorised", account["authorised_since"][ends],
        second[ends], until=day[ends],
    )  # fmt: skip
    account["authorised"][ends] = LEFT

    # Somebody else of the household, who has never had a right to this account.
    owner = account["person"]
    other = np.where(person["head"][owner] != owner, person["head"][owner], np.minimum(owner + 1, cohort.size - 1))
    able = usable & (account["joint"] == NOBODY) & (account["authorised"] == NOBODY) & (other != owner)
    able &= (person["head"][other] == person["head"][owner]) & (cif[other] >= 0)
    new = np.flatnonzero(able & happens(rng, 0.001, size))
    account["authorised"][new], account["authorised_since"][new] = other[new], day[new]
    _emit(cohort, harvest, new, cif[other[new]], "authorised", day[new], second[new])


def _emit(
    cohort: Cohort, harvest: Harvest, rows: Array, cif: Array, role: str, since: Array, second: Array,
    until: Array | None = None,
) -> None:  # fmt: skip
    harvest.add(
        "core_banking", "account_holders",
        person=true_persons(cohort)[cohort.tables["cif"]["person"][cif]],
        due=np.maximum(second // DAY, Month(cohort.start_month).first_day), new=until is None,
        account_no=account_numbers(cohort.unique_numbers(rows)), cif_no=cif_numbers(cohort, cif), holder_role=role,
        since_date=since, until_date=until, updated_at=second, change_type="insert" if until is None else "update",
    )  # fmt: skip
