"""Who stands on the other side of a posting, and the account at another bank that stays theirs."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import names, vocabulary
from cardinal.demo.cohort import Cohort
from cardinal.demo.randomness import Array, happens

BANKS = pl.Series(["002", "004", "006", "011", "014", "025", "030"])
# Names that stand on the other side: employers, then shops, then people, then the state.
COUNTERPARTIES = pl.concat(
    [vocabulary.EMPLOYERS, vocabulary.SHOP_NAMES, names.GIVEN_LOCAL, pl.Series(["กรมบัญชีกลาง", "Cardinal Bank"])]
)
SHOP = len(vocabulary.EMPLOYERS)
PEOPLE = SHOP + len(vocabulary.SHOP_NAMES)
PEOPLE_COUNT = len(names.GIVEN_LOCAL)
STATE, BANK = len(COUNTERPARTIES) - 2, len(COUNTERPARTIES) - 1

# Accounts elsewhere are numbered by who holds them: employers, the state, shops, our people, people they know, others.
STATE_ELSEWHERE = 100
_SHOP_FIRST, _OWN_FIRST, _KNOWN_FIRST, _OTHERS_FIRST = 1_000, 1_000_000, 1_000_000_000, 10_000_000_000
_CIRCLE = 8  # how many people elsewhere each of ours knows; the last of them is paid by standing order

Side = dict[str, Array]


def employers(employer: Array) -> Side:
    """Return employers as the other side."""
    return {"counterparty": employer, "elsewhere": employer}


def shops_paid(shop: Array) -> Side:
    """Return shops that are paid by transfer as the other side."""
    return {"counterparty": SHOP + shop, "elsewhere": _SHOP_FIRST + shop}


def own_elsewhere(cohort: Cohort, who: Array) -> Side:
    """Return people themselves, with the account that they keep at another bank."""
    return {"counterparty": people_names(cohort, who), "elsewhere": _OWN_FIRST + cohort.unique_numbers(who)}


def people_elsewhere(cohort: Cohort, who: Array, rng: np.random.Generator) -> Side:
    """Return people at other banks: mostly one of a few whom each knows, else somebody met once."""
    size = len(who)
    known = _KNOWN_FIRST + cohort.unique_numbers(who) * _CIRCLE + rng.integers(0, _CIRCLE - 1, size)
    key = np.where(happens(rng, 0.6, size), known, _OTHERS_FIRST + rng.integers(0, 1_000_000_000, size))
    return _named(key)


def standing_payees(cohort: Cohort, who: Array, saves: Array) -> Side:
    """Return who is paid by standing orders: the same person every month, or oneself where one saves."""
    payee = _named(_KNOWN_FIRST + cohort.unique_numbers(who) * _CIRCLE + _CIRCLE - 1)
    own = own_elsewhere(cohort, who)
    return {name: np.where(saves, own[name], payee[name]) for name in payee}


def people_names(cohort: Cohort, who: Array) -> Array:
    """Return the positions of our own people's names."""
    result: Array = PEOPLE + cohort.person["given"][who]
    return result


def banks_of(elsewhere: Array) -> Array:
    """Return the positions of the banks at which accounts elsewhere are kept, -1 where there is none."""
    return np.where(elsewhere < 0, -1, elsewhere % len(BANKS))


def is_shown(elsewhere: Array, second: Array) -> Array:
    """Tell where the file shows the account: not for one in eight transfers with people at other banks."""
    result: Array = (elsewhere >= 0) & ((elsewhere < _KNOWN_FIRST) | ((elsewhere + second) % 8 > 0))
    return result


def _named(key: Array) -> Side:
    # A mixed number, so that neighbours' friends have different names; always the same for the same friend.
    mixed = (key * 40_503 >> 5) % PEOPLE_COUNT
    return {"counterparty": PEOPLE + mixed, "elsewhere": key}
