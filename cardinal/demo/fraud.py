"""Defrauded cards: three patterns that a fraud desk would recognise, and when their holders notice."""

from __future__ import annotations

import numpy as np
import polars as pl

from cardinal.demo import vocabulary
from cardinal.demo.card_spending import (
    CASH,
    CHIP,
    CONTACTLESS,
    ECOMMERCE,
    PURCHASE,
    Charges,
    charges,
    combine,
    emit_disputes,
)  # fmt: skip
from cardinal.demo.cards import ACTIVE
from cardinal.demo.cohort import Cohort
from cardinal.demo.harvest import TRUTH, Harvest, pick
from cardinal.demo.identifiers import numbered
from cardinal.demo.life import activity
from cardinal.demo.months import DAY, Month
from cardinal.demo.people import true_persons
from cardinal.demo.randomness import (
    NIGHT_HOURS,
    SHOP_HOURS,
    Array,
    choose,
    happens,
    moments,
    repeat_rows,
    running_number,
)

KINDS = pl.Series(["card_testing", "foreign_ecommerce", "stolen_card"])
TESTING, FOREIGN, STOLEN = range(3)
_RATE = 0.0009


def draw_episodes(cohort: Cohort, month: Month) -> tuple[Charges, Array, Array]:
    """Return fraudulent charges with the number of their episode, each episode's kind and its card."""
    card, rng = cohort.tables["card"], cohort.rng(month.number, "fraud")
    usable = np.flatnonzero((card["status"] == ACTIVE) & (card["issued"] < month.first_day))
    owner = card["person"][usable]
    # Those who shop online much are hit more often; a card not used any more is not.
    risk = _RATE * (0.4 + 1.4 * cohort.person["digital"][owner]) * (activity(cohort, month)[owner] > 0.5)
    hit = usable[happens(rng, risk, len(usable))]
    kind = choose(rng, (40, 35, 25), len(hit))
    start = moments(rng, month.first_day, month.days - 3, NIGHT_HOURS, len(hit))
    daytime = moments(rng, month.first_day, month.days - 3, SHOP_HOURS, len(hit))
    start = np.where(kind == STOLEN, daytime, start)
    parts = [
        _series(rng, hit, start, kind == TESTING, rng.integers(4, 9, len(hit)), 240, (10, 60),
            vocabulary.TESTING_SHOPS, 3,
                rng.integers(3, 9, len(hit)), ECOMMERCE, PURCHASE, 0.15),
        _series(rng, hit, start + 2_700, kind == TESTING, rng.integers(2, 5, len(hit)), 900, (6_000, 38_000),
                vocabulary.LOOT_SHOPS, 4, rng.integers(3, 9, len(hit)), ECOMMERCE, PURCHASE, 0.3),
        _series(rng, hit, start, kind == FOREIGN, rng.integers(5, 13, len(hit)), 9_000, (1_200, 16_000),
                vocabulary.LOOT_SHOPS, 4, rng.integers(3, 9, len(hit)), ECOMMERCE, PURCHASE, 0.25),
        _series(rng, hit, start, kind == STOLEN, rng.integers(2, 6, len(hit)), 700, (300, 1_450), 0, 160,
                np.zeros(len(hit), dtype=np.int64), CONTACTLESS, PURCHASE, 0.03),
        _series(rng, hit, start + 5_400, kind == STOLEN, rng.integers(2, 5, len(hit)), 600, (5_000, 20_000),
                vocabulary.CASH_SHOP, 1, np.zeros(len(hit), dtype=np.int64), CHIP, CASH, 0.35),
    ]  # fmt: skip
    return combine(parts), kind, hit


def _series(
    rng: np.random.Generator, cards: Array, start: Array, chosen: Array, counts: Array, gap: int,
    amounts: tuple[int, int], first_shop: int, shops: int, country: Array, mode: int, kind: int, declined: float,
) -> Charges:  # fmt: skip
    """Draw `counts` charges an episode, some `gap` seconds apart."""
    episode = repeat_rows(np.where(chosen, counts, 0))
    size = len(episode)
    wait = running_number(episode) * gap + rng.integers(0, gap, size)
    low, high = amounts
    amount = np.round(np.exp(rng.uniform(np.log(low), np.log(high), size)), 2 if kind == PURCHASE else -2)
    return charges(
        size, card=cards[episode], second=start[episode] + wait, amount=amount,
        shop=first_shop + rng.integers(0, shops, size), country=country[episode], mode=mode, kind=kind, episode=episode,
        reason=np.where(happens(rng, declined, size), 1, -1),
    )  # fmt: skip


def report_fraud(
    cohort: Cohort, month: Month, harvest: Harvest, rows: Charges, ids: pl.Series, kind: Array, cards: Array
) -> None:
    """Let holders report what they notice, and write the truth. A few dispute what they bought themselves."""
    card, rng = cohort.tables["card"], cohort.rng(month.number, "disputes")
    first = np.full(len(kind), np.iinfo(np.int64).max)
    fraud = np.flatnonzero(rows["episode"] >= 0)
    episode = rows["episode"][fraud]
    np.minimum.at(first, episode, rows["second"][fraud] // DAY)
    noticed = happens(rng, 0.9, len(kind))
    report = first + np.where(kind == STOLEN, rng.integers(1, 4, len(kind)), rng.integers(2, 22, len(kind)))
    card["blocks"][cards[noticed]] = report[noticed]
    disputed = fraud[noticed[episode] & (rows["reason"][fraud] < 0)]
    emit_disputes(cohort, month, harvest, rows, ids, disputed, report[rows["episode"][disputed]])
    honest = np.flatnonzero((rows["episode"] < 0) & (rows["kind"] == PURCHASE) & (rows["reason"] < 0))
    regretted = honest[happens(rng, 0.0003, len(honest))]
    emit_disputes(
        cohort,
        month,
        harvest,
        rows,
        ids,
        regretted,
        rows["second"][regretted] // DAY + rng.integers(3, 25, len(regretted)),
    )
    victim = true_persons(cohort)[card["person"][rows["card"][fraud]]]
    harvest.add(
        TRUTH, "fraud_episodes",
        person=victim, due=rows["second"][fraud] // DAY, new=False,
        fraud_episode_id=numbered(f"FE{cohort.number:03d}M{month.number - 24_000}N", episode),
        true_person=victim, fraud_kind=pick(KINDS, kind[episode]), source="cards", table_name="card_transactions",
        record_id=ids.gather(fraud), occurred_date=rows["second"][fraud] // DAY,
        reported_date=np.where(noticed[episode], report[episode], -1), amount=rows["amount"][fraud],
    )  # fmt: skip
