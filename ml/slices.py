"""Slices: whether a model treats groups of people alike. Protected attributes are looked at here, and never learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ml.calibration import Bools, Floats
from ml.evaluation import TOP
from ml.folds import LEAST_A_CLASS
from ml.frames import TODAY
from ml.task import PERSON, Task

if TYPE_CHECKING:
    import duckdb

ATTRIBUTES = ("age", "gender", "nationality")
# Shares of fewer people are noise; they are shown and not compared.
LEAST_ROWS = 100

_GROUPS = """
    select
        person_id,
        case
            when age_years is null then 'unknown'
            when age_years < 30 then 'under 30'
            when age_years < 45 then '30 to 44'
            when age_years < 60 then '45 to 59'
            else '60 and over'
        end as age,
        coalesce(gender, 'unknown') as gender,
        case
            when nationality is null then 'unknown' when nationality = $country then 'domestic' else 'foreign'
        end as nationality
    from marts.customer_360
"""
# Who was two persons once is judged by both ids.
_BY_EVERY_ID = f"""
    with {TODAY},
    people as ({_GROUPS})
    select * from people
    union all
    select today.person_id, people.* exclude (person_id)
    from today
    inner join people on today.current_id = people.person_id
    where today.person_id != today.current_id
"""


@dataclass(frozen=True)
class Slice:
    """How a model is with one group: shares of its rows, and of those that came true."""

    attribute: str
    group: str
    rows: int
    observed: float
    predicted: float
    selected: float
    found: float | None


@dataclass(frozen=True)
class Gap:
    """How far the groups of an attribute lie apart.

    Attributes:
        selected_ratio: Least share in the top tenth over the greatest (1 is alike).
        found_gap: Greatest less least share of the positive that the top tenth finds.
        calibration_gap: Greatest distance of predicted from observed.
    """

    attribute: str
    selected_ratio: float | None
    found_gap: float | None
    calibration_gap: float | None


def groups_of(connection: duckdb.DuckDBPyConnection, country: str, task: Task) -> pl.DataFrame:
    """Return the group by each attribute of each id that a person ever had; of events, of what they are drawn by."""
    query = _GROUPS if task.owners else _BY_EVERY_ID
    groups: pl.DataFrame = connection.execute(query, {"country": country}).pl()
    if task.owners:
        groups = connection.execute(task.owners).pl().join(groups, on=PERSON)
    return groups.select(task.drawn_by, *ATTRIBUTES)


def by_group(judged: pl.DataFrame, groups: pl.DataFrame) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """Return each attribute, each of its groups, and the rows of the group; who isn't known is a group as well."""
    (owner,) = set(groups.columns) - set(ATTRIBUTES)
    known = judged.join(groups, on=owner, how="left").with_columns(pl.col(ATTRIBUTES).fill_null("unknown"))
    for attribute in ATTRIBUTES:
        for (group,), part in known.sort(attribute, maintain_order=True).group_by(attribute, maintain_order=True):
            yield attribute, str(group), part


def ranges_of(slices: Sequence[Mapping[str, Any]], measure: str) -> list[tuple[str, float, float]]:
    """Return of each attribute the least and the greatest of a measure; groups of few rows and unknown ones aside.

    slices: attribute, group, rows and the measure of each group. An attribute with fewer than two groups is left out.
    """
    compared = [one for one in slices if one["rows"] >= LEAST_ROWS and one["group"] != "unknown"]
    found = {of: [one[measure] for one in compared if one["attribute"] == of] for of in ATTRIBUTES}
    return [(of, min(values), max(values)) for of, values in found.items() if len(values) > 1]


def slices_of(
    rows: pl.DataFrame, groups: pl.DataFrame, margin: Floats, probability: Floats, truth: Bools
) -> list[Slice]:
    """Return how the model is with each group, of whom the top tenth by margin is selected.

    Not by probability: the steps of an isotonic calibration give many the same.
    """
    edge = np.sort(margin)[-max(1, round(len(margin) * TOP))]
    (owner,) = set(groups.columns) - set(ATTRIBUTES)
    judged = rows.select(owner).with_columns(
        probability=pl.Series(probability), truth=pl.Series(truth), selected=pl.Series(margin >= edge)
    )
    found = []
    for attribute, group, part in by_group(judged, groups):
        came, chosen = part["truth"].to_numpy(), part["selected"].to_numpy()
        found.append(
            Slice(
                attribute, group, len(part), float(came.mean()), float(part["probability"].to_numpy().mean()),
                float(chosen.mean()), float(chosen[came].mean()) if came.any() else None,
            )
        )  # fmt: skip
    return found


def gaps_of(slices: list[Slice]) -> list[Gap]:
    """Return how far the groups of each attribute lie apart; groups of few rows and unknown ones aside.

    What is found of few that came true is no share: of one it is all or nothing.
    """
    gaps = []
    for attribute in ATTRIBUTES:
        compared = [s for s in slices if s.attribute == attribute and s.rows >= LEAST_ROWS and s.group != "unknown"]
        selected = [s.selected for s in compared]
        found = [s.found for s in compared if s.found is not None and round(s.rows * s.observed) >= LEAST_A_CLASS]
        is_comparable = len(compared) > 1
        gaps.append(
            Gap(
                attribute,
                min(selected) / max(selected) if is_comparable and max(selected) > 0 else None,
                max(found) - min(found) if len(found) > 1 else None,
                max(abs(s.predicted - s.observed) for s in compared) if is_comparable else None,
            )
        )
    return gaps
