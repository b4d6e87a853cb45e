"""The report of an experiment: one page that needs nothing beside it and ends in a verdict."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from cardinal.build import open_build
from cardinal.experiments.declaration import find_experiment
from cardinal.experiments.novelty import Novelty, novelty_of
from cardinal.experiments.plots import effects_plot, novelty_plot, readings_plot
from cardinal.experiments.readout import Readout, read_experiment
from cardinal.experiments.statistics import SAMPLE_RATIO_ALARM, Estimate
from cardinal.settings import Settings

if TYPE_CHECKING:
    import duckdb

TEMPLATE = "report.html.j2"


@dataclass(frozen=True)
class Reading:
    """How the deciding metric of an arm was read on earlier days."""

    arm: str
    days: tuple[tuple[date, float, float, float], ...]


def write_report(settings: Settings, key: str) -> tuple[Path, Readout]:
    """Read an experiment and write its page under `experiments/` of the home.

    Raises:
        DeclarationError: Nobody declared it.
        ReadoutError: The build lacks a mart.
    """
    from cardinal.ingestion.atomic import publish

    experiment = find_experiment(settings.project_dir, key)
    with open_build(settings) as connection:
        readout = read_experiment(connection, experiment)
        novelties = [
            novelty_of(connection, experiment, metric, arm.name)
            for metric in experiment.metrics
            if not metric.is_guardrail
            for arm in experiment.arms[1:]
        ]
        readings = [_readings(connection, readout, arm.name) for arm in experiment.arms[1:]]
    file = settings.experiments / f"{key}_{readout.as_of}.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".part")
    beside.write_text(render_report(readout, novelties, readings), encoding="utf-8")
    publish([(beside, file)])
    return file, readout


def render_report(readout: Readout, novelties: list[Novelty], readings: list[Reading]) -> str:
    """Return the page."""
    import jinja2
    from markupsafe import Markup

    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    drawn = any(one.relative for one in readout.comparisons)
    return pages.get_template(TEMPLATE).render(
        readout=readout,
        experiment=readout.experiment,
        effects=Markup(effects_plot(readout.comparisons)) if drawn else "",  # noqa: S704 - drawn here, of numbers
        novelties=[
            (one, Markup(novelty_plot(one)))  # noqa: S704 - drawn here, of numbers
            for one in novelties
            if one.days
        ],
        readings=[
            (one.arm, Markup(readings_plot(one.days)))  # noqa: S704 - drawn here, of numbers
            for one in readings
            if len(one.days) > 1
        ],
        alarm=SAMPLE_RATIO_ALARM,
        percent=_percent,
        number=_number,
        interval=_interval,
    )


def _readings(connection: duckdb.DuckDBPyConnection, readout: Readout, arm: str) -> Reading:
    rows = connection.execute(
        """
        select as_of_date, sequential_low, difference, sequential_high
        from marts.experiment_readouts
        where experiment_key = $key and arm = $arm and metric = $metric
        order by as_of_date
        """,
        {"key": readout.experiment.key, "arm": arm, "metric": readout.experiment.primary.name},
    ).fetchall()
    return Reading(arm, tuple(rows))


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}" if isfinite(share) else "none"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _interval(effect: Estimate | None, percent: bool = False) -> str:
    if effect is None:
        return ""
    if percent:
        return f"{effect.value:+.1%} ({effect.low:+.1%} to {effect.high:+.1%})"
    return f"{effect.value:+.4g} ({effect.low:+.4g} to {effect.high:+.4g})"
