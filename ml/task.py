"""A task: one question about each person, or each event, that is learned from the past, with all that decides how."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Literal

from cardinal.errors import CardinalError

PERSON = "person_id"
MONTH = "month_end_date"
LABEL = "label"


class TaskError(CardinalError):
    """A task can't be learned or scored; the message names the task and what is missing."""


class TooLittleDataError(TaskError):
    """There are too few months or people to learn from: time will help, and nothing has to be put right."""


class FewMonthsError(TooLittleDataError):
    """There are too few months to learn from and to judge by, however many people there are."""


class SmallFoldError(TooLittleDataError):
    """A fold has some of what it needs, and too few: that comes and goes with the months, and no data got lost."""


@dataclass(frozen=True)
class Feature:
    """One thing that a person is judged by.

    Attributes:
        name: Column of the frame.
        words: What it is, as a reason says it.
        expression: SQL over a row of the mart; `over before` looks at the person's six months before the row's,
            `over so_far` at all months until the row's. Empty for the mart's column of that name.
        kind: Whether it is a number (booleans too) or a text.
    """

    name: str
    words: str
    expression: str = ""
    kind: Literal["number", "text"] = "number"


@dataclass(frozen=True)
class Task:
    """How one question is learned, judged and used.

    Attributes:
        name: Word in the registry and in the scores.
        question: What the probability is of.
        owner: Business unit that answers for it (a dbt group).
        mart: Feature mart, one row per person and month end as known then.
        population: SQL condition on a row of the mart: who is asked about.
        label: SQL of person_id, month_end_date and label (boolean), from facts after the month.
        horizon_days: How far the label looks ahead; counted in whole months of 30 days.
        features: What people are judged by.
        baseline: The simple rule that a model has to beat: its name, and a SQL expression that rises with the risk.
        not_for: Uses that are ruled out, for the card.
        decision: `credit` or `pricing` if it decides on one: protected attributes are barred then.
        fold_months: Months of the fold of calibration, and of that of judgement; fewer where there are few.
        capacity: Share of those asked about whom the unit can talk to in a month; 0 where nobody is talked to.
        seed: Of everything that draws.
        unit: Column that tells what is asked about: a person each month, or with event_date an event, whose key it is.
        event_date: Column of the event's day, for questions about events. Their mart has a row for each, as known at
            its moment, and `label` is an expression over that row.
        drawn_by: Column by which intervals take rows together: the person, or what stands for one.
        owners: SQL that tells the person of each drawn_by, where that is another column.
        in_work: SQL condition on a row of the mart, of questions about events: what is scored however old it is.
        alert_every: Of questions about events: one in so many is looked at; 1 for all.
    """

    name: str
    question: str
    owner: str
    population: str
    label: str
    features: tuple[Feature, ...]
    baseline: tuple[str, str]
    not_for: tuple[str, ...]
    mart: str = "ftr_customer__monthly"
    horizon_days: int = 90
    decision: Literal["", "credit", "pricing"] = ""
    fold_months: int = 3
    capacity: float = 0.0
    seed: int = 20_240_101
    learning: dict[str, float] = field(default_factory=dict)
    unit: str = PERSON
    event_date: str = ""
    drawn_by: str = PERSON
    owners: str = ""
    in_work: str = "false"
    alert_every: int = 1_000

    @property
    def horizon_months(self) -> int:
        """The horizon in whole months."""
        return max(1, round(self.horizon_days / 30))

    @property
    def keys(self) -> list[str]:
        """Columns that a frame has before its features."""
        return list(dict.fromkeys((self.unit, self.drawn_by, MONTH, self.as_of)))

    @property
    def as_of(self) -> str:
        """Column of the day as of which a row is judged."""
        return self.event_date or MONTH

    @property
    def marts(self) -> tuple[str, ...]:
        """Feature marts that its rows are made of."""
        return (self.mart,)

    @property
    def rows(self) -> str:
        """SQL of the mart's rows, each with its month end and as of when it was known.

        An event dated after the last day of the bank's books is a mistake of its source: nothing is learned from it,
        and it doesn't move the calendar.
        """
        day = self.event_date
        if not day:
            return f"marts.{self.mart}"
        return f"""(
            select *, last_day({day}) as {MONTH}, least(last_day({day}), max({day}) over ()) as as_of_date
            from marts.{self.mart}
            where {day} <= (select as_of_date from intermediate.int_customer__as_of)
        )"""

    @property
    def names(self) -> list[str]:
        """Names of the features."""
        return [feature.name for feature in self.features]

    def words_of(self, name: str) -> str:
        """Return what a feature is, as a reason says it."""
        return next(feature.words for feature in self.features if feature.name == name)

    def schema_hash(self) -> str:
        """Return a hash of the features and how each is computed: a model fits the frames that have the same."""
        schema = [(feature.name, feature.kind, feature.expression) for feature in self.features]
        return hashlib.sha256(repr((self.mart, schema)).encode()).hexdigest()[:16]

    def fingerprint(self) -> str:
        """Return a hash of everything that is said here."""
        return hashlib.sha256(repr(asdict(self)).encode()).hexdigest()
