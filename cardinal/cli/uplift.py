"""`cardinal uplift`: whom a campaign changes, rather than who does it anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cardinal.cli.output import format_table, say, say_error
from cardinal.settings import load_settings

if TYPE_CHECKING:
    from ml.evaluation import Figure
    from ml.uplift import LearnedUplift

FAILED = 1

app = typer.Typer(no_args_is_help=True, help="Whom a campaign changes, learned from control groups.")

Kinds = Annotated[list[str] | None, typer.Argument(help="product, retention, spending; all where none is given.")]


@app.command("learn")
def learn(kinds: Kinds = None) -> None:
    """Learn from the control groups of past campaigns, and use what is shown to be better than a draw by lot.

    Each version lies with its report in registry/uplift_<kind>/ of CARDINAL_HOME.

    Exit codes: 0 all were learned; 1 something that one of them needs is missing, the others were learned.
    """
    from ml.task import TaskError
    from ml.uplift import learn_uplift
    from ml.uplift_tasks import UPLIFT_TASKS, uplift_task_of

    settings = load_settings()
    failed = False
    for kind in [uplift_task_of(name).kind for name in kinds or UPLIFT_TASKS]:
        try:
            _say_learned(learn_uplift(settings, kind))
        except TaskError as error:
            failed = True
            say_error(str(error))
    if failed:
        raise typer.Exit(FAILED)


@app.command("score")
def score(kinds: Kinds = None) -> None:
    """Say of everybody by how much each kind of campaign changes them, and take that into the lake.

    The same again changes nothing. The next `dbt build` brings it to customer_uplift.

    Exit codes: 0 all scored; 1 something that one of them needs is missing or broken, the others scored.
    """
    from ml.delivery import take_in
    from ml.registry import champion
    from ml.task import TaskError
    from ml.uplift import score_uplift
    from ml.uplift_tasks import UPLIFT_TASKS, uplift_task_of

    settings = load_settings()
    scored, failed = [], False
    for task in [uplift_task_of(kind) for kind in kinds or UPLIFT_TASKS]:
        try:
            if kinds or champion(settings, task.name):
                scored += score_uplift(settings, [task.kind])
        except TaskError as error:
            failed = True
            say_error(str(error))
    if not scored:
        # What was undone is said to the lake all the same.
        take_in(settings)
    if not scored and not failed:
        say("Nothing scores yet: run `cardinal uplift learn`.")
        return
    rows = [
        (one.kind, one.version, str(one.as_of_date), f"{one.rows:,}", "new" if one.is_new else "as before")
        for one in scored
    ]
    if rows:
        say(format_table(("kind", "champion", "as of", "scored", ""), rows))
    if failed:
        raise typer.Exit(FAILED)
    say("Next: dbt build")


@app.command("undo")
def undo(kind: str) -> None:
    """Take back the last promotion of a kind: what was champion before scores again."""
    from ml.registry import undo_promotion
    from ml.uplift_tasks import uplift_task_of

    now = undo_promotion(load_settings(), uplift_task_of(kind).name)
    say(f"{kind}: {now} scores again." if now else f"{kind}: nothing scores from now on.")


def _say_learned(learned: LearnedUplift) -> None:
    first, last = learned.window["judgement"]
    say(
        f"{learned.kind} {learned.version} ({learned.learner}), judged on {learned.rows['judgement']:,} members of"
        f" {first} to {last}, whom the campaigns changed by {_shown(learned.effect)}:"
    )
    for name, figure in learned.qini.items():
        say(f"  Qini {name:20} {_shown(figure)}")
    verdict = "better than" if learned.over_response.low > 0 else "not shown to be better than"
    say(f"  {verdict} a response model: {_shown(learned.over_response)}")
    lot = "better than" if learned.qini[learned.learner].low > 0 else "not shown to be better than"
    say(f"  {lot} a draw by lot. {'It scores from now on.' if learned.is_champion else 'It does not score.'}")


def _shown(figure: Figure) -> str:
    return f"{figure.value:+.5f} ({figure.low:+.5f} to {figure.high:+.5f})"
