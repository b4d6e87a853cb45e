"""Fraud on a demo bank, whose truth no model reads: what a desk finds that looks at one transaction in a thousand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from cardinal.build import open_build
from cardinal.demo.bank import generate_bank
from cardinal.ingestion.run import ingest
from cardinal.settings import Settings
from ml.alerts import compare_recall, isolation_scores
from ml.evaluation import Figure, average_precision
from ml.folds import split_by_time
from ml.frames import labelled_frame
from ml.model import fit_model, margins
from ml.tasks import task_of
from tests.integration.house import House

FRAUD = task_of("fraud")
SEED = 7


def judge_by_truth(settings: Settings) -> tuple[dict[str, Figure], dict[str, float], int]:
    """Learn from what holders reported, and judge the last months by what was fraud, reported or not."""
    with open_build(settings) as connection:
        folds = split_by_time(labelled_frame(connection, FRAUD), FRAUD)
    model = fit_model(FRAUD, folds.learning, folds.calibration)
    judged = folds.judgement
    frauds = pl.read_parquet(settings.home / "truth" / "fraud_episodes.parquet")
    truth = judged["card_transaction_id"].is_in(frauds["record_id"].implode()).to_numpy()
    scores = {
        "model": margins(FRAUD, model, judged),
        "rules": judged["baseline"].to_numpy(),
        "isolation forest": isolation_scores(FRAUD, model, folds.learning, judged),
    }
    cards = judged["card_token"].rank("dense").to_numpy().astype(np.int64)
    found = compare_recall(FRAUD, scores, truth, cards)
    return found, {name: average_precision(score, truth) for name, score in scores.items()}, int(truth.sum())


@pytest.mark.slow
def test_a_desk_finds_more_with_the_model_than_with_rules_or_what_is_odd(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bank = House(Path(tmp_path_factory.mktemp("fraud")) / "home")
    generate_bank(bank.settings, persons=3_000, months=24, seed=SEED, until=date(2026, 10, 31))
    ingest(bank.settings, wanted=lambda drop: drop.table == "card_transactions")
    bank.run("--select", "+ftr_card_transaction__risk", "+int_customer__as_of")
    found, precision, frauds = judge_by_truth(bank.settings)
    print(f"seed {SEED}, {frauds} frauds")
    for name, figure in found.items():
        print(f"{name}: recall {figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})")
    print("average precision " + ", ".join(f"{name} {value:.3f}" for name, value in precision.items()))
    assert found["model"].value >= found["rules"].value
    assert found["model"].value >= found["isolation forest"].value
    assert precision["model"] > max(precision["rules"], precision["isolation forest"])


@pytest.mark.slow
def test_a_desk_finds_taken_over_logins_by_the_signs_of_transfers(tmp_path_factory: pytest.TempPathFactory) -> None:
    bank = House(Path(tmp_path_factory.mktemp("transfers")) / "home")
    generate_bank(bank.settings, persons=10_000, months=12, seed=SEED, until=date(2026, 10, 31))
    ingest(bank.settings, wanted=lambda drop: drop.source == "payments")
    bank.run("--select", "+transfer_alerts")
    truth = pl.read_parquet(bank.settings.home / "truth" / "fraud_episodes.parquet")
    frauds = set(truth.filter(pl.col("source") == "payments")["record_id"])
    transfers = bank.query("select payment_id from intermediate.int_events__transfer_risk")
    alerts = bank.query("select payment_id from marts.transfer_alerts order by points desc, amount desc, payment_id")
    found = [payment in frauds for (payment,) in alerts]
    desk = round(len(transfers) / FRAUD.alert_every)
    print(
        f"seed {SEED}: {len(frauds)} frauds in {len(transfers):,} transfers; {len(alerts)} alerts find {sum(found)},"
        f" the first {desk} of them {sum(found[:desk])}"
    )
    assert sum(found) >= 0.5 * len(frauds)
    assert len(alerts) <= 5 * desk
