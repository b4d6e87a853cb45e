"""Declarations: one yml an experiment in `experiments/`, the only copy of what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal, get_args

from cardinal.errors import CardinalError

FOLDER = "experiments"

Unit = Literal["user_id", "user_pseudo_id", "cif_no", "contact_id", "person_id"]
Kind = Literal["test", "hold_out"]
MetricKind = Literal["proportion", "mean", "ratio"]
Direction = Literal["up", "down"]
Policy = Literal["exclude", "first"]

# What models/marts/experiments/fct_experiment_outcomes.sql knows of people.
OUTCOMES = (
    "lead", "sale", "product_opened", "card_spending", "deposit_inflow", "margin", "visit", "conversion",
    "lead_form", "promotion_view", "promotion_click", "engagement_seconds", "service_case",
)  # fmt: skip


class DeclarationError(CardinalError):
    """An experiment's yml that can't be used; the message names the file and the field."""


@dataclass(frozen=True)
class Arm:
    """One arm of an experiment.

    Attributes:
        name: What the exposures call it.
        weight: Its share of those who take part; the weights of all arms sum to one.
        levels: Of a multivariate test, the level of each factor.
    """

    name: str
    weight: float
    levels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Layer:
    """A stretch of a layer: experiments of one layer whose stretches don't overlap share nobody."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True)
class Metric:
    """What is compared between the arms.

    Attributes:
        name: Its name in the experiment.
        kind: proportion (whether it happened at all), mean (how much a person) or ratio (of two sums).
        outcome: What is counted, of OUTCOMES.
        per: Of a ratio, what it is divided by.
        window_days: For how long after the first exposure; None counts until the end of the experiment.
        covariate_days: So many days before the exposure explain part of the differences between people (CUPED).
        direction: Where it should go.
        is_guardrail: Whether it must only not get worse.
        tolerance: Of a guardrail, the relative loss that is still borne.
    """

    name: str
    kind: MetricKind
    outcome: str
    per: str | None = None
    window_days: int | None = None
    covariate_days: int | None = None
    direction: Direction = "up"
    is_guardrail: bool = False
    tolerance: float = 0.0


@dataclass(frozen=True)
class Experiment:
    """One experiment; arms[0] is the control, metrics[0] decides."""

    key: str
    description: str
    owner: str
    unit: Unit
    arms: tuple[Arm, ...]
    metrics: tuple[Metric, ...]
    start: date
    stop: date | None = None
    kind: Kind = "test"
    seed: str = ""
    layer: Layer | None = None
    coverage: float = 1.0
    audience: str | None = None
    multiple_exposures: Policy = "exclude"
    minimum_sample: int = 150
    planned_sample: int = 5000
    alpha: float = 0.05
    power: float = 0.8
    prior_deviation: float = 0.3

    @property
    def hash_seed(self) -> str:
        """What is hashed before the unit's id: the key, unless the experiment says otherwise."""
        return self.seed or self.key

    @property
    def control(self) -> Arm:
        """The arm that the others are compared with."""
        return self.arms[0]

    @property
    def primary(self) -> Metric:
        """The metric that decides."""
        return self.metrics[0]

    @property
    def factors(self) -> dict[str, tuple[str, ...]]:
        """Of a multivariate test, the levels of each factor in the order of the arms; the first is the base."""
        found: dict[str, list[str]] = {}
        for arm in self.arms:
            for factor, level in arm.levels:
                levels = found.setdefault(factor, [])
                if level not in levels:
                    levels.append(level)
        return {factor: tuple(levels) for factor, levels in found.items()}


def load_experiments(project_dir: Path) -> dict[str, Experiment]:
    """Return all declared experiments by key.

    Raises:
        DeclarationError: One of them can't be used, or two of one layer want the same people at the same time.
    """
    from cardinal.experiments.parsing import parse_experiment

    found = {}
    for path in sorted((project_dir / FOLDER).glob("*.yml")):
        experiment = parse_experiment(path)
        found[experiment.key] = experiment
    check_layers(found.values())
    return found


def find_experiment(project_dir: Path, key: str) -> Experiment:
    """Return one declared experiment.

    Raises:
        DeclarationError: Nobody declared it, or a declaration can't be used.
    """
    experiments = load_experiments(project_dir)
    if key not in experiments:
        raise DeclarationError(f"there is no experiment '{key}'; declared are: {', '.join(experiments) or 'none'}")
    return experiments[key]


def check_layers(experiments: Iterable[Experiment]) -> None:
    """Check that experiments that run at the same time in one layer take different stretches of it.

    Raises:
        DeclarationError: Two of them collide.
    """
    placed = [(one, one.layer) for one in experiments if one.layer]
    for number, (one, mine) in enumerate(placed):
        for other, theirs in placed[:number]:
            at_once = one.start <= (other.stop or date.max) and other.start <= (one.stop or date.max)
            if mine.name == theirs.name and at_once and max(mine.begin, theirs.begin) < min(mine.end, theirs.end):
                raise DeclarationError(
                    f"{FOLDER}/{one.key}.yml and {FOLDER}/{other.key}.yml run at the same time in layer"
                    f" '{mine.name}' and take the same people: give them stretches (from, to) that don't overlap"
                )
            if mine.name == theirs.name and one.unit != other.unit:
                raise DeclarationError(
                    f"{FOLDER}/{one.key}.yml and {FOLDER}/{other.key}.yml share layer '{mine.name}' but draw"
                    f" {one.unit} and {other.unit}: a layer keeps apart only units of one kind"
                )


def choices(kind: object) -> tuple[str, ...]:
    """Return the values that a field may have."""
    return get_args(kind)
