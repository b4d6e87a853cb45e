"""`cardinal experiments`: what is declared, who is in which arm, what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.output import format_table, say
from cardinal.errors import CardinalError
from cardinal.settings import Settings, load_settings

if TYPE_CHECKING:
    from cardinal.experiments.declaration import Experiment
    from cardinal.experiments.readout import Readout

app = typer.Typer(no_args_is_help=True, help="Tests and hold-outs: declared in experiments/*.yml, drawn, read.")

Key = Annotated[str, typer.Argument(help="The experiment, as its file is called.")]
NO_PART = "takes no part"


@app.command("list")
def list_experiments() -> None:
    """Check all declarations and list them."""
    from cardinal.experiments.declaration import load_experiments

    experiments = load_experiments(load_settings().project_dir)
    if not experiments:
        say("Nothing is declared: put a yml into experiments/ (docs/experiments.md).")
        return
    rows = [
        (one.key, one.kind, one.unit, " / ".join(f"{arm.name} {arm.weight:g}" for arm in one.arms), one.primary.name,
         f"{one.start} to {one.stop or 'open'}", one.owner)
        for one in experiments.values()
    ]  # fmt: skip
    say(format_table(("experiment", "kind", "unit", "arms", "decides", "runs", "owner"), rows))


@app.command("assign")
def assign_units(
    key: Key,
    file: Annotated[Path | None, typer.Option(help="A file with an id a line; - reads what is piped in.")] = None,
    segment: Annotated[str | None, typer.Option(help="A segment, instead of the experiment's own audience.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where to write id and arm as CSV.")] = None,
) -> None:
    """Say who is in which arm: the same id always in the same one, as the SDK on the site says it.

    Without a file, the members of the experiment's audience are drawn.
    """
    from cardinal.experiments.bucketing import assign
    from cardinal.experiments.declaration import find_experiment

    settings = load_settings()
    experiment = find_experiment(settings.project_dir, key)
    units = _read_units(file) if file else _members(settings, experiment, segment)
    arms = assign(experiment, units)
    if out:
        lines = [f"{unit},{arm}" for unit, arm in zip(units, arms, strict=True) if arm]
        out.write_text("\n".join([f"{experiment.unit},arm", *lines]) + "\n", encoding="utf-8")
    rows = [
        (name, f"{arms.count(arm):,}", f"{arms.count(arm) / max(1, len(arms)):.1%}")
        for arm, name in [*((arm.name, arm.name) for arm in experiment.arms), (None, NO_PART)]
    ]
    say(format_table((key, "units", "share"), rows))


@app.command("power")
def plan_experiment(
    key: Key,
    effect: Annotated[float | None, typer.Option(min=0.0001, help="Relative effect to be seen: 0.05 is 5 %.")] = None,
    sample: Annotated[int | None, typer.Option(min=4, help="Subjects of two arms that can be had.")] = None,
    segment: Annotated[str | None, typer.Option(help="Who would take part, instead of its own audience.")] = None,
) -> None:
    """Say how many subjects show an effect, or which effect so many show, from the bank's own history."""
    from cardinal.build import open_build
    from cardinal.experiments.declaration import find_experiment
    from cardinal.experiments.history import history_of, plan
    from cardinal.experiments.readout import ReadoutError

    settings = load_settings()
    experiment, rows = find_experiment(settings.project_dir, key), []
    with open_build(settings) as connection:
        for metric in experiment.metrics:
            try:
                history = history_of(connection, experiment, metric, segment)
            except ReadoutError as error:
                say(str(error))
                continue
            answer = plan(experiment, metric, history, effect, sample)
            shown = f"{answer:,.0f} subjects" if effect else f"{answer:.1%}"
            mean = history.mean("value") / (history.mean("per") if metric.per else 1)
            rows.append((metric.name, f"{history.count():,}", f"{mean:,.4g}", shown))
    wanted = f"shows {effect:.1%}" if effect else f"{sample or experiment.planned_sample:,} subjects show"
    say(format_table(("metric", "looked at", "mean", wanted), rows))
    say(f"With a probability of {experiment.power:.0%}, at {experiment.alpha:.0%}, read once.")


@app.command("read")
def read_experiments(
    key: Annotated[str | None, typer.Argument(help="The experiment; all that have begun if none.")] = None,
) -> None:
    """Compare the arms as of the last build, and take the figures into the lake.

    The same again changes nothing. The next `dbt build` brings them to experiment_readouts.
    """
    from cardinal.experiments.delivery import deliver_readouts

    delivered = deliver_readouts(load_settings(), key)
    if not delivered:
        say("Nothing to read: no declared experiment has begun.")
        return
    for one in delivered:
        _say_readout(one.readout)
    rows = sum(one.rows for one in delivered if one.is_new)
    say(f"{rows:,} new rows. Next: dbt build" if rows else "All of it was read before.")


@app.command("report")
def report_experiment(key: Key) -> None:
    """Write the page of an experiment, which ends in a verdict."""
    from cardinal.experiments.report import write_report

    file, readout = write_report(load_settings(), key)
    _say_readout(readout)
    say(f"Report: {file}")


def _say_readout(readout: Readout) -> None:
    verdict = readout.verdict
    arm = f" {verdict.arm}" if verdict.arm else ""
    say(f"{readout.experiment.key} as of {readout.as_of}: {verdict.word}{arm}. {verdict.reason}")


def _read_units(file: Path) -> list[str]:
    text = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text(encoding="utf-8-sig")
    units = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    odd = next((number for number, unit in enumerate(units, 1) if "," in unit or '"' in unit), None)
    if odd:
        raise CardinalError(f"{file}: id {odd} has a comma or quotes; one id a line and nothing else is read")
    return units


def _members(settings: Settings, experiment: Experiment, segment: str | None) -> list[str]:
    from cardinal.build import open_build

    wanted = segment or experiment.audience
    if not wanted:
        raise CardinalError(f"{experiment.key} has no audience: say who is drawn with --file or --segment")
    if experiment.unit != "person_id":
        raise CardinalError(f"{experiment.key} draws {experiment.unit}, a segment holds persons: give ids with --file")
    with open_build(settings) as connection:
        query = "select person_id from segments.segment_membership where segment = $segment order by person_id"
        return [person for (person,) in connection.execute(query, {"segment": wanted}).fetchall()]
