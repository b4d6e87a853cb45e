"""The report: one page with everything in it, drift that is seen, and groups that are compared."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import duckdb
import numpy as np
import polars as pl
import pytest

from cardinal.build import open_build
from ml.drift import SHIFTED, STABLE, stability_index
from ml.model import margins, probabilities, truth_of
from ml.registry import REPORT
from ml.slices import gaps_of, groups_of, slices_of
from tests.unit.ml.conftest import CHURN, Learned


class Page(HTMLParser):
    """Notes what a page loads from elsewhere and which headings it has."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.headings: list[str] = []
        self.svgs = 0
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.svgs += tag == "svg"
        self._in_heading = tag == "h2"
        self.loaded += [value or "" for name, value in attrs if name in ("src", "href") and tag != "use"]

    def handle_data(self, data: str) -> None:
        if self._in_heading and data.strip():
            self.headings.append(data.strip())
            self._in_heading = False


def test_the_report_is_one_page_that_needs_nothing_beside_it(learned: Learned) -> None:
    text = (learned.trained.folder / REPORT).read_text()
    page = Page()
    page.feed(text)
    assert page.loaded == []
    assert page.svgs == 4
    assert "May not be used for" in page.headings
    assert "Groups of people" in page.headings
    for use in CHURN.not_for:
        assert use in text
    shown = learned.trained.metrics["pr_auc"]
    assert f"{shown.value:.3f} ({shown.low:.3f} to {shown.high:.3f})" in text
    # Nobody can be found in it.
    assert not re.search(r"p\d{5}", text)


@pytest.mark.parametrize(("moved", "least", "most"), [(0.0, 0.0, STABLE), (1.0, SHIFTED, 9.0)])
def test_drift_of_numbers_is_seen(moved: float, least: float, most: float) -> None:
    rng = np.random.default_rng(1)
    before, after = (pl.Series(rng.normal(loc, 1, 4_000)) for loc in (0.0, moved))
    assert least <= stability_index(before, after) < most, "seed 1"


def test_drift_of_missing_values_and_of_texts_is_seen() -> None:
    full = pl.Series(np.arange(1_000.0))
    half_empty = pl.select(pl.when(pl.lit(full) < 500).then(pl.lit(full))).to_series()
    assert stability_index(full, half_empty) > SHIFTED
    assert stability_index(full, full) == 0
    assert stability_index(pl.Series([None] * 9, dtype=pl.Float64), pl.Series([None] * 9, dtype=pl.Float64)) == 0
    words = pl.Series(["a", "b"] * 50)
    assert stability_index(words, words) == 0
    assert stability_index(words, pl.Series(["a", "new"] * 50)) > SHIFTED


def test_each_person_is_in_one_group_of_each_attribute(learned: Learned) -> None:
    judged = learned.folds.judgement
    margin = margins(CHURN, learned.model, judged)
    with open_build(learned.settings) as connection:
        groups = groups_of(connection, "TH", CHURN)
    slices = slices_of(judged, groups, margin, probabilities(learned.model, margin), truth_of(judged))
    for attribute in ("age", "gender", "nationality"):
        assert sum(s.rows for s in slices if s.attribute == attribute) == len(judged)
    assert {s.group for s in slices if s.attribute == "nationality"} == {"domestic", "foreign"}


def test_who_was_two_persons_once_is_in_their_group_by_both_ids() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            "create schema marts; create table marts.customer_360 as select 'now' as person_id, 40 as age_years,"
            " 'female' as gender, 'TH' as nationality; create table marts.person_id_changes as select * from (values"
            " ('now', 1, 'now'), ('then', 1, 'then'), ('then', 2, 'now')) c (person_id, change_no, current_person_id)"
        )
        groups = groups_of(connection, "TH", CHURN)
    assert groups.sort("person_id").rows() == [
        ("now", "30 to 44", "female", "domestic"), ("then", "30 to 44", "female", "domestic")
    ]  # fmt: skip


def test_a_model_that_selects_one_group_only_has_a_gap() -> None:
    rows = pl.DataFrame({"person_id": [f"p{n}" for n in range(400)]})
    groups = rows.with_columns(
        age=pl.lit("30 to 44"),
        gender=pl.when(pl.int_range(pl.len()) < 200).then(pl.lit("female")).otherwise(pl.lit("male")),
        nationality=pl.lit("domestic"),
    )
    probability = np.where(np.arange(400) < 40, 0.9, 0.1)
    truth = np.arange(400) % 4 == 0
    gap = {gap.attribute: gap for gap in gaps_of(slices_of(rows, groups, probability, probability, truth))}
    assert gap["gender"].selected_ratio == 0.0
    assert gap["gender"].found_gap == pytest.approx(0.2)
    assert gap["age"].selected_ratio is None
    rare = (np.arange(400) % 4 == 0) & (np.arange(400) < 272)
    few = {gap.attribute: gap for gap in gaps_of(slices_of(rows, groups, probability, probability, rare))}
    assert few["gender"].found_gap is None, "of the men 18 came true"
    assert few["gender"].selected_ratio == 0.0


def test_a_tenth_is_selected_where_a_calibration_gives_many_the_same() -> None:
    rows = pl.DataFrame({"person_id": [f"p{n:03d}" for n in range(400)]})
    groups = rows.with_columns(age=pl.lit("30 to 44"), gender=pl.lit("female"), nationality=pl.lit("domestic"))
    steps = np.where(np.arange(400) < 90, 0.9, 0.1)
    (found, *_) = slices_of(rows, groups, -np.arange(400.0), steps, np.arange(400) % 4 == 0)
    assert found.selected == pytest.approx(0.1)
