"""`cardinal train`, `cardinal score` and `cardinal models`: what is learned, and who scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cardinal.cli.output import format_table, progress_bar, say, say_error
from cardinal.settings import load_settings

if TYPE_CHECKING:
    from ml.evaluation import Figure
    from ml.training import Trained

FAILED = 1

app = typer.Typer(no_args_is_help=True, help="The versions of what was learned, and which of them score.")

Tasks = Annotated[list[str] | None, typer.Argument(help="Names of tasks; all where none is given.")]


def train(tasks: Tasks = None) -> None:
    """Learn tasks from the last build, and let a version score if it is shown to be better than what scores now.

    Each version lies with its report in registry/<task>/ of CARDINAL_HOME.

    Exit codes: 0 all were learned; 1 something that one of them needs is missing, the others were learned.
    """
    from ml.task import TaskError
    from ml.tasks import TASKS, task_of
    from ml.training import train_task

    settings = load_settings()
    wanted = [task_of(name).name for name in tasks or TASKS]
    failed = False
    with progress_bar("Learning") as progress:
        for number, name in enumerate(wanted):
            progress(name, number, len(wanted))
            try:
                _say_trained(train_task(settings, name))
            except TaskError as error:
                failed = True
                say_error(str(error))
    if failed:
        raise typer.Exit(FAILED)


def score(tasks: Tasks = None) -> None:
    """Score everybody by the champion of each task, and take the scores into the lake.

    The same scores again change nothing. The next `dbt build` brings them to customer_scores and customer_360.

    Exit codes: 0 all scored; 1 something that one of them needs is missing or broken, the others scored.
    """
    from ml.delivery import take_in
    from ml.registry import champion
    from ml.scoring import score_tasks
    from ml.task import TaskError
    from ml.tasks import TASKS, task_of

    settings = load_settings()
    scored, failed = [], False
    for name in [task_of(name).name for name in tasks or TASKS]:
        try:
            if tasks or champion(settings, name):
                scored += score_tasks(settings, [name])
        except TaskError as error:
            failed = True
            say_error(str(error))
    if not scored:
        # What was undone is said to the lake all the same.
        take_in(settings)
    if not scored and not failed:
        say("Nothing scores yet: run `cardinal train`. After an undo, `dbt build` takes the scores away.")
        return
    rows = [
        (one.task, one.version, str(one.as_of_date), one.rows, "new" if one.is_new else "as before") for one in scored
    ]
    if rows:
        say(format_table(("task", "champion", "as of", "scored", ""), rows))
    for one in scored:
        if one.shifted:
            say(f"{one.task}: far from those its champion was calibrated on: {'; '.join(one.shifted)}.")
    if failed:
        raise typer.Exit(FAILED)
    say("Next: dbt build")


@app.command("list")
def list_models() -> None:
    """Show every version of everything that was learned, how good it was on what it didn't learn from, and who scores.

    Tasks, kinds of campaigns (uplift_), values, personas, and segments that look-alikes were ranked for (lookalike_).

    Exit codes: 0 all are shown; 1 a file of the registry can't be read, the others are shown.
    """
    from ml.registry import champion, facts_of, tasks, undone, version_names
    from ml.task import TaskError

    settings = load_settings()
    rows, failed = [], False
    for name in tasks(settings):
        states: dict[str | None, str] = {}
        try:
            states.update(dict.fromkeys(undone(settings, name), "undone"))
            states[champion(settings, name)] = "champion"
        except TaskError as error:
            failed = True
            say_error(str(error))
        for version in version_names(settings, name):
            try:
                facts = facts_of(settings, name, version)
            except TaskError as error:
                failed = True
                say_error(str(error))
                continue
            rival, until = facts["rival"], facts["window"]["judgement"][1]
            gained = f"{rival['measure']} {_signed(rival['difference'])}"
            state = states.get(version, "")
            rows.append((name, version, state, until, _measures(facts["metrics"]), rival["name"], gained))
    if rows:
        say(format_table(("model", "version", "", "judged until", "measures", "compared with", "difference"), rows))
    elif not failed:
        say("There is no version yet: run `cardinal train`.")
    if failed:
        raise typer.Exit(FAILED)


@app.command("promote")
def promote(model: str, version: str) -> None:
    """Let a version score, if it was shown to be better than what scores now. One that was undone comes back."""
    from ml.registry import promote as promote_version

    promote_version(load_settings(), model, version, by_hand=True)
    say(f"{model}: {version} scores from now on.")


@app.command("undo")
def undo(model: str) -> None:
    """Take back the last promotion of a model: who was champion before scores again.

    Learning the same again doesn't bring it back; `cardinal models promote` does.
    """
    from ml.registry import undo_promotion

    now = undo_promotion(load_settings(), model)
    say(f"{model}: {now} scores again." if now else f"{model}: nothing scores from now on.")
    say("Next: cardinal score and dbt build, which take away what was said by the other.")


def _measures(metrics: dict[str, Any]) -> str:
    """Return figures in one line: of tasks the three that tell most, of others all."""
    shown = [name for name in ("pr_auc", "lift_10", "ece") if name in metrics] or list(metrics)
    # The silhouette of personas has no interval.
    values = {name: figure["value"] if isinstance(figure, dict) else figure for name, figure in metrics.items()}
    return ", ".join(f"{name} {values[name]:.3f}" for name in shown)


def _signed(figure: dict[str, float]) -> str:
    return f"{figure['value']:+.3f} ({figure['low']:+.3f} to {figure['high']:+.3f})"


def _say_trained(trained: Trained) -> None:
    metrics, baseline = trained.metrics, trained.baseline
    first, last = trained.window["judgement"]
    say(f"{trained.task} {trained.version}, judged on {trained.rows['judgement']:,} rows of {first} to {last}:")
    for name, figure in metrics.items():
        beside = f"   baseline {_shown(baseline[name])}" if name in baseline else ""
        say(f"  {name:8} {_shown(figure)}{beside}")
    rival = trained.rival
    gained = rival["difference"]
    verdict = "better than" if gained["low"] > 0 else "not shown to be better than"
    say(f"  {verdict} {rival['name']}: {rival['measure']} {_signed(gained)}")
    say(f"  {'It scores from now on.' if trained.is_champion else 'It does not score.'} {trained.folder}")


def _shown(figure: Figure) -> str:
    return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
